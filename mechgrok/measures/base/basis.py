"""Base class of the measures of frequencies: in the basis of the task, or in a given one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mechgrok.measures.base.measure import Measure
from mechgrok.tasks.charts import Basis, chart

if TYPE_CHECKING:
    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.task import Task

WITHOUT_BASIS = "the number tokens of this task form no cyclic group; compute irrep-shares, character-cosines and coset-concentration"
WITHOUT_ALGEBRA = "the labels of this task follow no cyclic group, so it has no frequencies; as a control use basis=additive"
BasisChoice = Literal["task", "additive", "multiplicative"]


@dataclass(frozen=True)
class InBasis(Measure):
    """Base class of measures over the characters of a cyclic group: Z_p, or the units modulo a prime by their discrete logarithm.

    `compute` receives the snapshot in the basis: its rows, labels and embedding are indexed by the elements 0 .. size - 1 of the group.

    Attributes
    ----------
    basis : {"task", "additive", "multiplicative"}
        The basis of the task, by default; or Z_p; or the units modulo p.

    Examples
    --------
    >>> from mechgrok.measures.frequencies.circularity import Circularity
    >>> Circularity().size(run.task), Circularity(basis="multiplicative").size(run.task)
    (11, 10)
    """

    of_weights: ClassVar[bool] = False
    """Whether the measure is a function of the weights alone, so that labels outside the basis do not matter."""

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
            return f"the multiplicative basis needs a prime above 2, and p = {task.numbers}; use basis=additive"
        if found.basis == "additive":
            # It has every number, and looking up those of a large table takes seconds.
            return super().obstacle(run)
        elements = found.elements(task.numbers)
        inside = (elements[task.operands()] >= 0).all(1)
        if not inside.any():
            return f"no row of this task has all its operands in its {basis} group; use basis=additive"
        if not self.of_weights and (elements[task.labels()[inside]] < 0).any():
            return f"the label 0 of this task is no element of its {basis} group; use basis=additive"
        if not self.of_weights and run.corrupted is not None and (elements[run.corrupted.trained[inside]] < 0).any():
            return f"the corrupted label 0 of this run is no element of its {basis} group; use basis=additive"
        return super().obstacle(run)

    def view(self, snapshot: Snapshot) -> Snapshot:
        basis = self.basis_in(snapshot.grid.task)
        return snapshot if basis is None else snapshot.in_basis(basis)

    def caption(self) -> str:
        return f"{super().caption()} Basis: {self.basis}." if self.basis != "task" else super().caption()

    def left_out(self, task: Task) -> str:
        if self.basis_in(task) != "multiplicative" or (found := chart("multiplicative", task.numbers)) is None:
            return ""
        inside = (found.elements(task.numbers)[task.operands()] >= 0).all(1)
        rows = f"the {inside.sum()} of {len(inside)} rows whose operands have a logarithm"
        return f"Here: {rows}, and the {found.size} classes that have one, without 0."

    def size(self, task: Task) -> int:
        """Order of the group.

        Parameters
        ----------
        task : Task

        Returns
        -------
        int
            p in the additive basis, p - 1 in the multiplicative one; 0 where the task has no such basis.
        """
        found = chart(self.basis_in(task) or "additive", task.numbers)
        return found.size if found else 0

    def basis_in(self, task: Task) -> Basis | None:
        """The basis of the measure on a task.

        Parameters
        ----------
        task : Task

        Returns
        -------
        {"additive", "multiplicative"} or None
            None where the basis is that of the task, and the task has none.
        """
        return task.basis if self.basis == "task" else self.basis
