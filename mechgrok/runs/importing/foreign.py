"""What an importer makes of a foreign file, and what an importer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Foreign:
    """The networks of a foreign file, and what it says about how they came about.

    A step counts updates: the weights of step s have been updated s times, and a loss recorded at step s is that of those weights.
    """

    format: str
    """The importer's name."""
    snapshots: Mapping[int | None, Mapping[str, Tensor]]
    """step -> weights (float32) by HookedTransformer parameter name, biases included; step None where the file does not say."""
    recorded: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """"train" and "test" -> step -> loss in nats, as far as the file says."""
    train_rows: Tensor | None = None
    """(n_train,) int64 rows of the table a * p + b that were trained on."""
    pairs: Mapping[str, Tensor] = field(default_factory=dict)
    """"train" and "test" -> tokens a, b (n, 2) int64 of the rows that the file lists; those of operators count modulo p as well."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What the file says of the architecture, in TransformerLens' words (act_fn, normalization_type, ...); attention_coefficient."""
    notes: tuple[str, ...] = ()
    """What was left out, taken for granted or is unknown: a sentence each."""

    @property
    def last(self) -> Mapping[str, Tensor]:
        """The weights of the last step; those without a step count as last."""
        return self.snapshots[None] if None in self.snapshots else self.snapshots[max(step for step in self.snapshots if step is not None)]


class Importer(ABC):
    """One format of foreign files. Each lives in its own file of this folder and is found there."""

    name: ClassVar[str]
    describe: ClassVar[str]
    """One line for `mechgrok list` and for the error when no importer knows a file."""

    @abstractmethod
    def recognises(self, data: Any) -> bool:
        """Whether `data`, as `pickles.read` returns it, is of this format."""

    @abstractmethod
    def convert(self, data: Any) -> Foreign:
        """The contents in HookedTransformer names and shapes. Raises UserError where the file contradicts itself."""
