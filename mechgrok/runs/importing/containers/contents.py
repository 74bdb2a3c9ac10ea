"""The contents of a weights file before anything is known about its network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from mechgrok.runs.importing.containers.steps import BY_UPDATES, InEpochs
from mechgrok.runs.importing.containers.undated import Undated

Series = Mapping[int | None, float]
"""Step -> value; the step is None where the file does not give it."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What a file holds: raw weights by step, facts, and what it records of the training.

    Attributes
    ----------
    states : Mapping from int or None to Mapping from str to Tensor
        Step -> raw weights by the names of the file's network. Wrapping keys and prefixes of all names are removed, nested dicts are
        joined by dots. Integer buffers, optimiser states and averaged copies are left out.
    facts : Mapping from str to Any
        Words and numbers beside the weights, by name in lower case, from the file and its configs.
    recorded : Mapping from str to Mapping from int or None to float
        "train" and "test" -> step -> loss in nats. The step None is that of the last weights.
    accuracies : Mapping from str to Mapping from int or None to float
        "train" and "test" -> step -> share of right rows.
    undated : tuple of Undated
        Lists of records that have no steps beside them.
    in_epochs : InEpochs
        Which steps are numbers of epochs.
    train_rows : Tensor (n_train,), int64, optional
        The train rows, where the file lists row numbers.
    pairs : Mapping from str to Tensor (n, 2), int64
        "train" and "test" -> tokens a, b of the rows that the file lists.
    notes : tuple of str
        What was left out or assumed: a sentence each.

    Examples
    --------
    >>> Contents({None: {"fc.weight": torch.ones(2, 3)}}, facts={"p": 3}).last["fc.weight"].shape
    torch.Size([2, 3])
    """

    states: Mapping[int | None, Mapping[str, Tensor]]
    facts: Mapping[str, Any] = field(default_factory=dict)
    recorded: Mapping[str, Series] = field(default_factory=dict)
    accuracies: Mapping[str, Series] = field(default_factory=dict)
    undated: tuple[Undated, ...] = ()
    in_epochs: InEpochs = BY_UPDATES
    train_rows: Tensor | None = None
    pairs: Mapping[str, Tensor] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> Mapping[str, Tensor]:
        """The weights of the last step; weights without a step count as the last."""
        return self.states[None] if None in self.states else self.states[max(step for step in self.states if step is not None)]
