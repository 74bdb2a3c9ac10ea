"""The interface of a task: a finite table of inputs and labels, and the algebra behind it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from mechgrok.config import Part
from mechgrok.tasks.charts import Basis

if TYPE_CHECKING:
    from mechgrok.maths.algebra.groups import Group


class Task(Part):
    """A finite table of inputs and labels.

    A subclass has a `kind`, its parameters as fields, and the five abstract members. Tokens 0 .. numbers-1 are the numbers, or the
    elements of a group; other tokens come after them. The logits are read at the last token of each row. Rows keep their order for ever,
    since splits are stored as masks over them. `Arithmetic` has all of this for formulas modulo p. Tasks with parts, of several tasks
    or in stages subclass `WithParts`, `Mixed` or `Staged` too.

    Examples
    --------
    >>> from typing import Literal
    >>> from mechgrok.tasks.task import Task
    >>> class Larger(Task):
    ...     '''label = max(a, b) over all pairs below p.'''
    ...     kind: Literal["larger"] = "larger"
    ...     p: int = 3
    ...     numbers = property(lambda self: self.p)
    ...     vocabulary = property(lambda self: self.p + 1)
    ...     classes = property(lambda self: self.p)
    ...     def inputs(self):
    ...         a, b = np.divmod(np.arange(self.p**2), self.p)
    ...         return np.stack([a, b, np.full_like(a, self.p)], axis=1)
    ...     def labels(self):
    ...         return self.operands().max(1)
    >>> Larger().inputs()[5].tolist(), Larger().operands()[5].tolist(), Larger().labels().tolist()
    ([1, 2, 3], [1, 2], [0, 1, 2, 1, 1, 2, 2, 2, 2])
    >>> Larger().token_labels
    ('0', '1', '2', '=')
    """

    @property
    @abstractmethod
    def numbers(self) -> int:
        """The number of number tokens (p)."""

    @property
    @abstractmethod
    def vocabulary(self) -> int:
        """The number of all tokens (d_vocab)."""

    @property
    @abstractmethod
    def classes(self) -> int:
        """The number of classes of the loss (d_vocab_out)."""

    @abstractmethod
    def inputs(self) -> np.ndarray:
        """The tokens of every row up to the read position (n, pos); a shorter row has -1 after its end."""

    @abstractmethod
    def labels(self) -> np.ndarray:
        """The class of every row (n,)."""

    @property
    def row_count(self) -> int:
        """The number of rows (n)."""
        return len(self.labels())

    @property
    def most_rows(self) -> int:
        """A number that the table has no more rows than, known without the table where it is computed by a formula."""
        return self.row_count

    @property
    def row_length(self) -> int:
        """The tokens of a row (pos)."""
        return self.inputs().shape[1]

    @property
    def computes_rows(self) -> bool:
        """Whether `inputs_at` and `labels_at` compute rows from their numbers, without the whole table."""
        return False

    def inputs_at(self, rows: np.ndarray) -> np.ndarray:
        """Return the tokens of some rows up to the read position.

        Parameters
        ----------
        rows : ndarray (k,)
            Numbers of rows.

        Returns
        -------
        ndarray (k, pos)
        """
        return self.inputs()[rows]

    def labels_at(self, rows: np.ndarray) -> np.ndarray:
        """Return the classes of some rows.

        Parameters
        ----------
        rows : ndarray (k,)
            Numbers of rows.

        Returns
        -------
        ndarray (k,)
        """
        return self.labels()[rows]

    @property
    def basis(self) -> Basis | None:
        """The cyclic group in which the label is a sum, the default of Fourier measures; None where the numbers form no such group."""
        return "additive"

    def operands(self) -> np.ndarray:
        """The numbers of every row (n, operands): its tokens at the positions that hold numbers in all rows."""
        inputs = self.inputs()
        return inputs[:, (inputs < self.numbers).all(0)]

    def answers(self) -> np.ndarray:
        """The number that every label stands for (n,): the label itself, unless other tokens are names of numbers."""
        return self.labels()

    def phase(self) -> np.ndarray:
        """The element of Z_numbers whose characters the label follows (n,): a + b for a sum, a - b for a difference, else the answer."""
        return self.answers()

    @property
    def token_labels(self) -> tuple[str, ...]:
        """The text of each token (d_vocab,)."""
        others = range(self.numbers, self.vocabulary)
        return (*map(str, range(self.numbers)), *(["="] if len(others) == 1 else [f"<{token}>" for token in others]))

    def sequences(self) -> np.ndarray:
        """The tokens of every row with those after the read position, which do not change the logits there (n, pos or more)."""
        return self.inputs()

    def units(self) -> np.ndarray:
        """The unit of every row (n,). A split puts all rows of a unit on the same side; by default each row is a unit."""
        return np.arange(self.row_count)

    @property
    def structure(self) -> Group | None:
        """The finite group whose elements the numbers are; None where there is no multiplication table of it."""
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
