"""A table of one's own: rows of tokens and their labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from mechgrok.config import PositiveInt
from mechgrok.errors import UserError
from mechgrok.tasks.charts import Basis
from mechgrok.tasks.own_tables.content import Content
from mechgrok.tasks.own_tables.csv_file import read_csv
from mechgrok.tasks.own_tables.operation import basis_of
from mechgrok.tasks.task import Task


class Table(Task):
    """Rows of tokens and their labels: from arrays, from a CSV file, or of a function f(a, b) over all pairs below p.

    The table itself is part of the config, compressed, so that a run needs neither the file nor the function later. Tokens below
    `number_tokens` are numbers; those above, such as '=', are no operands.

    Parameters
    ----------
    rows : array (n, pos), optional
        Tokens of every row, which is read at its last one; a shorter row has -1 after its end.
    labels : array (n,), optional
        Class of every row.
    function : callable, optional
        f(a, b) of integers, with whole numbers as values; the rows are all pairs with '=', token p, behind them.
    p : int, optional
        Modulus of the function: a and b are 0 .. p - 1, and its values are taken modulo p.
    units : array (n,), optional
        Rows of equal unit are kept on the same side by a split; by default each row is a unit.
    values : Any
        The fields: file, number_tokens, label_basis, words.

    Raises
    ------
    UserError
        For rows and labels that are no table, and a file that cannot be read.

    Examples
    --------
    >>> from mechgrok.tasks import Table
    >>> task = Table(function=lambda a, b: max(a, b), p=3)
    >>> task.inputs()[5].tolist(), task.labels().tolist(), task.token_labels
    ([1, 2, 3], [0, 1, 2, 1, 1, 2, 2, 2, 2], ('0', '1', '2', '='))
    >>> Table(rows=[[0, 1], [1, 1]], labels=[1, 0]).basis, Table(rows=[[0, 1], [1, 1]], labels=[1, 1]).basis
    ('additive', None)
    """

    kind: Literal["table"] = "table"
    file: str | None = None
    """A CSV file, read once: in each line tokens, then the label (or, with a header, a column label, and one named unit)."""
    number_tokens: PositiveInt | None = None
    """Tokens that are numbers; by default one more than the largest label, or token in a column that varies and holds no word."""
    label_basis: Literal["auto", "additive", "multiplicative", "none"] = "auto"
    """The cyclic group in which the label is a sum; auto: that of the known operation that gives all labels, if there is one."""
    words: tuple[str, ...] = ()
    """Texts of the tokens after the largest number."""
    content: Annotated[str, Field(repr=False)] = ""
    """The table itself, compressed; filled in from the file, arrays or function."""

    def __init__(
        self,
        rows: Any = None,
        labels: Any = None,
        *,
        function: Callable[[int, int], int] | None = None,
        p: int | None = None,
        units: Any = None,
        **values: Any,
    ) -> None:
        try:
            if function is not None:
                values = _of_function(function, p) | values
            elif rows is not None or labels is not None:
                values["content"] = Content.of(rows, labels, units).text
            elif values.get("file") and not values.get("content"):
                content, words = read_csv(Path(values["file"]))
                values |= {"content": content.text, "words": values.get("words") or words, "file": Path(values["file"]).name}
        except ValueError as error:
            raise UserError(f"task table: {error}") from None
        super().__init__(**values)

    @property
    def _content(self) -> Content:
        if not self.content:
            raise UserError("task.kind table needs its table: give --task.file rows.csv, or in Python rows and labels")
        return _parsed(self.content)

    @property
    def numbers(self) -> int:
        if self.number_tokens:
            return self.number_tokens
        tokens, labels = self._content.tokens, self._content.labels
        varying = tokens[:, (tokens != tokens[:1]).any(0)]
        largest = max(int(varying.max(initial=0)), int(labels.max()))
        return min(largest + 1, self._first_word)

    @property
    def _first_word(self) -> int:
        return self.vocabulary - len(self.words)

    @property
    def vocabulary(self) -> int:
        return 1 + max(int(self._content.tokens.max()), int(self._content.labels.max()), (self.number_tokens or 1) - 1)

    @property
    def classes(self) -> int:
        return max(self.numbers, int(self._content.labels.max()) + 1)

    @property
    def token_labels(self) -> tuple[str, ...]:
        named = {self._first_word + place: word for place, word in enumerate(self.words)}
        others = super().token_labels
        return tuple(named.get(token, text) for token, text in enumerate(others))

    @property
    def basis(self) -> Basis | None:
        if self.label_basis in ("additive", "multiplicative"):
            return self.label_basis  # type: ignore[return-value]
        return None if self.label_basis == "none" else _basis(self.content, self.numbers)

    def inputs(self) -> np.ndarray:
        return self._content.tokens.copy()

    def labels(self) -> np.ndarray:
        return self._content.labels.copy()

    def units(self) -> np.ndarray:
        return self._content.units.copy()

    def operands(self) -> np.ndarray:
        tokens = self._content.tokens
        return tokens[:, ((tokens >= 0) & (tokens < self.numbers)).all(0)]


def _of_function(function: Callable[[int, int], int], p: int | None) -> dict[str, Any]:
    """The fields of the table of a function: (a, b, '=') for all pairs. Its numbers are those modulo p, so it has the additive basis."""
    if p is None or p < 2:
        raise ValueError("a function needs its modulus: Table(function=f, p=97)")
    a, b = np.divmod(np.arange(p * p), p)
    labels = np.array([_value(function, int(i), int(j)) % p for i, j in zip(a, b, strict=True)])
    content = Content.of(np.column_stack([a, b, np.full_like(a, p)]), labels)
    basis = basis_of(np.column_stack([a, b]), labels, p) or "additive"
    return {"content": content.text, "number_tokens": p, "words": ("=",), "label_basis": basis}


def _value(function: Callable[[int, int], int], a: int, b: int) -> int:
    """The value of a function. Raises ValueError for one that is no whole number."""
    value = function(a, b)
    if value != int(value):
        raise ValueError(f"the function gives {value} for ({a}, {b}); its values must be whole numbers, which are taken modulo p")
    return int(value)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Content:
    return Content.parse(text)


@lru_cache(maxsize=64)
def _basis(text: str, numbers: int) -> Basis | None:
    """The basis of the operation that a content follows."""
    content = _parsed(text)
    inside = ((content.tokens >= 0) & (content.tokens < numbers)).all(0)
    return basis_of(content.tokens[:, inside], content.labels, numbers)
