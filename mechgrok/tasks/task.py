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
    def structure(self) -> Group | None:
        """The finite group whose elements the number tokens are, where it is known by its multiplication table."""
        return None

    @property
    def polynomial(self) -> str | None:
        """The label modulo `numbers` as Python text in a, b, ...; None where it is no polynomial of the operands."""
        return None

    @property
    def symmetric(self) -> bool:
        """Whether rows with the same operands in another order have the same label; of a mixture, in each of its tasks."""
        return one_label_each(np.sort(self.operands(), axis=1), self.labels())


def one_label_each(keys: np.ndarray, labels: np.ndarray) -> bool:
    """Whether rows with equal keys (n, k) have equal labels (n,)."""
    of_row = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    return len(np.unique(np.column_stack([of_row, labels]), axis=0)) == of_row.max() + 1
