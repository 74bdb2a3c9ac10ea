"""The contents of a foreign file after conversion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from mechgrok.runs.importing.containers.steps import BY_UPDATES, InEpochs
from mechgrok.runs.importing.containers.undated import Undated
from mechgrok.runs.importing.networks.structure import Recognised, Structure


@dataclass(frozen=True, eq=False)
class Foreign:
    """The networks of a foreign file, and what the file records of their training.

    A step counts updates: the weights of step s have been updated s times, and a loss recorded at step s is that of those weights. An
    importer leaves open what the file leaves open; `dating.date` gives every record a step, as the user corrects it.

    Attributes
    ----------
    format : str
        The importer's name.
    snapshots : Mapping from int or None to Mapping from str to Tensor
        Step -> weights (float32) by HookedTransformer parameter name, biases included. The step is None where the file does not give it.
    recorded : Mapping from str to Mapping from int or None to float
        "train" and "test" -> step -> loss in nats, as far as the file records it. The step None is that of the last weights.
    train_rows : Tensor (n_train,), int64, optional
        The train rows, as row numbers of the table a * p + b.
    pairs : Mapping from str to Tensor (n, 2), int64
        "train" and "test" -> tokens a, b of the rows that the file lists. Tokens of operators count modulo p as well.
    config : Mapping from str to Any
        Facts about the architecture, in the names of TransformerLens' config (act_fn, normalization_type, ...), and
        `attention_coefficient`.
    accuracies : Mapping from str to Mapping from int or None to float
        "train" and "test" -> step -> share of right rows, as far as the file records it.
    undated : tuple of Undated
        Lists of records that have no steps beside them.
    in_epochs : InEpochs
        Which steps are numbers of epochs: those of the weights, those of the records.
    facts : Mapping from str to Any
        Words and numbers beside the weights, by name in lower case.
    structure : Structure, optional
        The parts of a network whose file leaves something open.
    recognised : tuple of Recognised
        The tensors of the file that are part of the network, where there is no structure.
    notes : tuple of str
        What was left out, assumed or is unknown: a sentence each.

    Examples
    --------
    >>> Foreign("example", {0: {"unembed.W_U": torch.zeros(2, 3)}, 10: {"unembed.W_U": torch.ones(2, 3)}}).last["unembed.W_U"].sum()
    tensor(6.)
    """

    format: str
    snapshots: Mapping[int | None, Mapping[str, Tensor]]
    recorded: Mapping[str, Mapping[Any, float]] = field(default_factory=dict)
    train_rows: Tensor | None = None
    pairs: Mapping[str, Tensor] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    accuracies: Mapping[str, Mapping[Any, float]] = field(default_factory=dict)
    undated: tuple[Undated, ...] = ()
    in_epochs: InEpochs = BY_UPDATES
    facts: Mapping[str, Any] = field(default_factory=dict)
    structure: Structure | None = None
    recognised: tuple[Recognised, ...] = ()

    @property
    def last(self) -> Mapping[str, Tensor]:
        """The weights of the last step; weights without a step count as the last."""
        return self.snapshots[None] if None in self.snapshots else self.snapshots[max(step for step in self.snapshots if step is not None)]

    def at_step(self, step: int, *, in_epochs: bool) -> Foreign:
        """The same with the weights that have no step at one, which may be a number of epochs.

        Parameters
        ----------
        step : int
        in_epochs : bool

        Returns
        -------
        Foreign
        """
        counted = InEpochs(in_epochs, self.in_epochs.records)
        return replace(self, snapshots={step: self.snapshots[None]}, in_epochs=counted)
