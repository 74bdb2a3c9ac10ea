"""What is trained about an alias, its definition and its questions, as functions of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mechgrok.tasks.alias_rows import dealt
from mechgrok.tasks.alias_sets import SETS, SetName
from mechgrok.tasks.aliases import Aliases

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class LabelledRows:
    """Rows of one kind about the aliases of a set: tokens (n, pos), and for each row its label, the integer meant by it, and its alias'."""

    inputs: torch.Tensor
    labels: torch.Tensor
    answers: torch.Tensor
    about: torch.Tensor

    def of(self, integers: np.ndarray) -> LabelledRows:
        """Those about the aliases of some integers."""
        import torch

        chosen = torch.isin(self.about, torch.from_numpy(integers))
        return LabelledRows(self.inputs[chosen], self.labels[chosen], self.answers[chosen], self.about[chosen])

    def tagged(self, token: int) -> LabelledRows:
        """Definitions with another tag."""
        inputs = self.inputs.clone()
        inputs[:, 0] = token
        return LabelledRows(inputs, self.labels, self.answers, self.about)

    def losses(self, snapshot: Snapshot, weights: Mapping[str, Tensor]) -> Tensor:
        """Cross-entropy over all classes of each row, in nats, differentiable in the weights (n,)."""
        from mechgrok.maths.landscape import losses

        return losses.per_example(self._logits(snapshot, weights), self.labels)

    def scores(self, snapshot: Snapshot, weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Without gradients, the loss of each row and whether its largest number logit is the integer's (n,)."""
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
    """For measures of what definitions do."""
    from mechgrok.measures.aliases.alias_accuracy import NO_ALIASES

    if not isinstance(run.task, Aliases):
        return NO_ALIASES
    return None if defined_sets(run.task) else "no set of this task has definitions; it is about sets such as Dt3 and Df4"


def definitions(task: Aliases, name: SetName) -> LabelledRows:
    """Those of a set, one for each alias."""
    return _rows(task, task.part_of_row() == task.part_names.index(f"{name}-definitions"))


def questions(task: Aliases, name: SetName) -> LabelledRows:
    """Those of a set that the design holds out; of sets that are never asked, all."""
    return _rows(task, (task.part_of_row() == task.part_names.index(name)) & ~task.trained_rows())


def _rows(task: Aliases, mask: np.ndarray) -> LabelledRows:
    import torch

    columns = (task.inputs(), task.labels(), task.answers(), task.integer_of_row())
    return LabelledRows(*(torch.from_numpy(column[mask]) for column in columns))
