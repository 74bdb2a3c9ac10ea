"""Losses of the definitions and questions about aliases, as functions of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mechgrok.tasks.alias_tables.alias_rows import dealt
from mechgrok.tasks.alias_tables.alias_sets import SETS, SetName
from mechgrok.tasks.aliases import Aliases

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class LabelledRows:
    """Rows about aliases: tokens (n, pos), and the label, the answer as an integer, and the integer of the alias of each row."""

    inputs: torch.Tensor
    labels: torch.Tensor
    answers: torch.Tensor
    about: torch.Tensor

    def of(self, integers: np.ndarray) -> LabelledRows:
        """The rows about the aliases of some integers."""
        import torch

        chosen = torch.isin(self.about, torch.from_numpy(integers))
        return LabelledRows(self.inputs[chosen], self.labels[chosen], self.answers[chosen], self.about[chosen])

    def tagged(self, token: int) -> LabelledRows:
        """The same definitions with another tag."""
        inputs = self.inputs.clone()
        inputs[:, 0] = token
        return LabelledRows(inputs, self.labels, self.answers, self.about)

    def losses(self, snapshot: Snapshot, weights: Mapping[str, Tensor]) -> Tensor:
        """Cross-entropy over all classes of each row, in nats, differentiable in the weights (n,)."""
        from mechgrok.maths.landscape import losses

        return losses.per_example(self._logits(snapshot, weights), self.labels)

    def scores(self, snapshot: Snapshot, weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Loss of each row, and whether its largest number logit is the answer's (n,), without gradients."""
        import torch

        from mechgrok.maths.landscape import losses

        with torch.no_grad():
            logits = self._logits(snapshot, weights)
        return losses.per_example(logits, self.labels), logits[:, : snapshot.grid.task.numbers].argmax(1) == self.answers

    def _logits(self, snapshot: Snapshot, weights: Mapping[str, Tensor]) -> Tensor:
        from mechgrok.models.forward.tables import Batch

        return snapshot.architecture.logits(weights, Batch.of(self.inputs))


def defined_sets(task: Aliases) -> dict[SetName, np.ndarray]:
    """The integers of each set whose aliases are defined, ascending."""
    return {name: integers for name, integers in dealt(task).items() if SETS[name].tag}


def needs_definitions(run: Run) -> str | None:
    """Obstacle of measures of the effect of definitions."""
    from mechgrok.measures.aliases.alias_accuracy import NO_ALIASES

    if not isinstance(run.task, Aliases):
        return NO_ALIASES
    return None if defined_sets(run.task) else "no set of this task has definitions, as Dt3 and Df4 have"


def definitions(task: Aliases, name: SetName) -> LabelledRows:
    """The definitions of a set, one for each alias."""
    return _rows(task, task.part_of_row() == task.part_names.index(f"{name}-definitions"))


def questions(task: Aliases, name: SetName) -> LabelledRows:
    """The questions of a set that the design holds out; all of them for a set without trained questions."""
    return _rows(task, (task.part_of_row() == task.part_names.index(name)) & ~task.trained_rows())


def _rows(task: Aliases, mask: np.ndarray) -> LabelledRows:
    import torch

    columns = (task.inputs(), task.labels(), task.answers(), task.integer_of_row())
    return LabelledRows(*(torch.from_numpy(column[mask]) for column in columns))
