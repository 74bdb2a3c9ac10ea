"""What is learnt: a finite table of inputs and labels, and the algebra behind it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from mechgrok.config import Part
from mechgrok.tasks.charts import Basis

if TYPE_CHECKING:
    from mechgrok.maths.algebra.groups import Group


class Task(Part):
    """A finite table. Tokens 0 .. numbers-1 are the group's elements; the last position of a row is read."""

    @property
    @abstractmethod
    def numbers(self) -> int:
        """How many number tokens there are (p)."""

    @property
    @abstractmethod
    def vocabulary(self) -> int:
        """How many tokens there are in all (d_vocab)."""

    @property
    @abstractmethod
    def classes(self) -> int:
        """How many classes the loss is over (d_vocab_out)."""

    @abstractmethod
    def inputs(self) -> np.ndarray:
        """The tokens of every row (n, pos) up to the position that is read, in a fixed order; a shorter row has -1 after its end."""

    @abstractmethod
    def labels(self) -> np.ndarray:
        """The class of every row (n,)."""

    @property
    def basis(self) -> Basis | None:
        """The cyclic group that the label is a sum in; None where the number tokens form none."""
        return "additive"

    def operands(self) -> np.ndarray:
        """The number tokens of every row (n, operands): those of the positions that only hold numbers."""
        inputs = self.inputs()
        return inputs[:, (inputs < self.numbers).all(0)]

    def answers(self) -> np.ndarray:
        """The number that every label stands for (n,): the label itself, but where other tokens are names of numbers."""
        return self.labels()

    def phase(self) -> np.ndarray:
        """The element of Z_numbers whose characters the label follows, for every row (n,): a + b, a - b; else the answer."""
        return self.answers()

    @property
    def token_labels(self) -> tuple[str, ...]:
        """How each token of the vocabulary is written (d_vocab,)."""
        others = range(self.numbers, self.vocabulary)
        return (*map(str, range(self.numbers)), *(["="] if len(others) == 1 else [f"<{token}>" for token in others]))

    def sequences(self) -> np.ndarray:
        """The tokens of every row (n, pos or more), with those that follow the position that is read: nothing that is read sees them."""
        return self.inputs()

    def units(self) -> np.ndarray:
        """Rows with the same number go to the same side of a split (n,); by default each row by itself."""
        return np.arange(len(self.labels()))

    @property
    def task_count(self) -> int:
        """How many tasks the table is a mixture of."""
        return 1

    @property
    def task_names(self) -> tuple[str, ...]:
        """What the tasks of a mixture are called, in the order of their numbers (task_count,)."""
        return tuple(map(str, range(self.task_count)))

    def task_of_row(self) -> np.ndarray:
        """The task that every row belongs to, 0 .. task_count-1 (n,)."""
        return np.zeros(len(self.labels()), dtype=np.int64)

    def held_tokens(self) -> set[int]:
        """The tokens that stand in some row that a network with this vocabulary learns."""
        return set(self.inputs().ravel().tolist()) - {-1}

    @property
    def part_names(self) -> tuple[str, ...]:
        """What the parts of the table are called that are recorded by themselves; the tasks of a mixture, none of a single one."""
        return self.task_names if self.task_count > 1 else ()

    def part_of_row(self) -> np.ndarray:
        """The part that every row belongs to, in the order of their names (n,)."""
        return self.task_of_row()

    @property
    def stages(self) -> int:
        """In how many stages, one after another, rows are trained on."""
        return 1

    def stage_of_row(self) -> np.ndarray:
        """The stage that every row belongs to, 0 .. stages-1; -1 for a row of all of them (n,)."""
        return np.full(len(self.labels()), -1)

    def trained_rows(self) -> np.ndarray | None:
        """True for the rows that are trained on (n,), where the design of the task says so; None where that is left to the split."""
        return None

    @property
    def structure(self) -> Group | None:
        """The finite group whose elements the number tokens are, where it is known by its multiplication table."""
        return None

    @property
    def polynomial(self) -> str | None:
        """The label modulo `numbers` as Python text in a, b, ...; None where it is no polynomial of the operands."""
        return None

    @property
    def symmetric(self) -> bool:
        """Whether rows with the same operands in another order have the same label; a mixture, in each of its tasks."""
        alike = np.column_stack([self.task_of_row(), np.sort(self.operands(), axis=1)])
        of_row = np.unique(alike, axis=0, return_inverse=True)[1].ravel()
        return len(np.unique(np.column_stack([of_row, self.labels()]), axis=0)) == of_row.max() + 1
