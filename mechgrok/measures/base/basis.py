"""Measures that look at frequencies, in the basis that suits the task or in one that they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mechgrok.measures.base.measure import Measure
from mechgrok.tasks.charts import Basis, chart

if TYPE_CHECKING:
    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.task import Task

WITHOUT_BASIS = "the number tokens of this task form no cyclic group; look at irrep-shares, character-cosines and coset-concentration"
WITHOUT_ALGEBRA = "the labels of this task follow no cyclic group, so no frequencies belong to it; as a control use basis=additive"
BasisChoice = Literal["task", "additive", "multiplicative"]


@dataclass(frozen=True)
class InBasis(Measure):
    """A measure over the characters of a cyclic group: Z_p, or the units modulo a prime by their discrete logarithm."""

    of_weights: ClassVar[bool] = False
    """Whether it looks at weights alone, and so at no label."""

    basis: BasisChoice = "task"

    def obstacle(self, run: Run) -> str | None:
        task = run.task
        basis = self.basis_in(task)
        if task.basis is None and task.structure is not None:
            return WITHOUT_BASIS
        if basis is None:
            return WITHOUT_ALGEBRA
        found = chart(basis, task.numbers)
        if found is None:
            return f"there is no multiplicative basis modulo {task.numbers}: that needs a prime above 2; use basis=additive"
        elements = found.elements(task.numbers)
        seen = (elements[task.operands()] >= 0).all(1)
        if not seen.any():
            return f"no row of this task has all its operands in its {basis} group; use basis=additive"
        if not self.of_weights and (elements[task.labels()[seen]] < 0).any():
            return f"0 is a label of this task and no element of its {basis} group; use basis=additive"
        if not self.of_weights and run.corrupted is not None and (elements[run.corrupted.trained[seen]] < 0).any():
            return f"0 is a corrupted label of this run and no element of its {basis} group; use basis=additive"
        return super().obstacle(run)

    def view(self, snapshot: Snapshot) -> Snapshot:
        basis = self.basis_in(snapshot.grid.task)
        return snapshot if basis is None else snapshot.in_basis(basis)

    def caption(self) -> str:
        return f"{super().caption()} Basis: {self.basis}." if self.basis != "task" else super().caption()

    def left_out(self, task: Task) -> str:
        if self.basis_in(task) != "multiplicative" or (found := chart("multiplicative", task.numbers)) is None:
            return ""
        seen = (found.elements(task.numbers)[task.operands()] >= 0).all(1)
        rows = f"the {seen.sum()} of {len(seen)} rows whose operands have a logarithm"
        return f"Here: {rows}, and the {found.size} classes that have one, without 0."

    def size(self, task: Task) -> int:
        """Order of the group."""
        found = chart(self.basis_in(task) or "additive", task.numbers)
        return found.size if found else 0

    def basis_in(self, task: Task) -> Basis | None:
        """The basis that it looks at a task in; None where the task has none."""
        return task.basis if self.basis == "task" else self.basis
