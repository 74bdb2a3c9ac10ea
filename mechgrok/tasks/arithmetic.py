"""The base class of tasks of numbers modulo p."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args

import numpy as np
from pydantic import Field, model_validator

from mechgrok.tasks import layouts
from mechgrok.tasks.caching import cached_table
from mechgrok.tasks.charts import Basis, is_prime
from mechgrok.tasks.formula import Formula
from mechgrok.tasks.operations import SIGNS
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from mechgrok.tasks.domain import Domain

Modulus = Annotated[int, Field(ge=2, le=1_000_000)]
LossClasses = Literal["vocab", "numbers"]
SpareTokens = Annotated[int, Field(ge=0, le=100_000)]
MOST_ROWS = 2**31
_AT_ONCE = 2**20
"""Rows whose labels are computed together where one row with a label is searched for."""

MOST_KEPT = 2**20
"""Tables of more rows are not cached."""


class Arithmetic(Task):
    """Rows of a few numbers modulo p, whose label is the value of a formula in them.

    A subclass has `formulas`, or overrides `table` where labels follow no formula, and declares these fields with its defaults: `p`, the
    modulus; `layout`, the tokens of a row, a name in `layouts.LAYOUTS`; `loss_classes`, whether the classes of the loss are all tokens
    ("vocab") or the numbers alone ("numbers"); `spare_tokens`, how many tokens at the end of the vocabulary occur in no row; `domain`, the
    rows that the table has.

    Examples
    --------
    >>> from mechgrok.tasks.modular import Modular
    >>> task = Modular(operation="divide", p=5)
    >>> task.formulas[0].text, task.operands()[2].tolist(), task.labels()[4:8].tolist()  # 1 / 1, 1 / 2, 1 / 3, 1 / 4
    ('a / b', [0, 3], [1, 3, 2, 4])
    """

    if TYPE_CHECKING:
        p: int
        layout: str
        loss_classes: LossClasses
        spare_tokens: int
        domain: Domain

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The formulas of the labels, one for each task of a mixture; empty where labels follow no formula."""
        return ()

    @property
    def arity(self) -> int:
        """The number of operands of a row."""
        return max((formula.operands for formula in self.formulas), default=2)

    @property
    def operator(self) -> str | None:
        """The label of the operator's token; None where the vocabularies here have none for it."""
        return None

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        rows = self._pairs
        if rows > MOST_ROWS:
            raise ValueError(
                f"{self.arity} operands modulo {self.p} make {rows} rows; at most {MOST_ROWS} are possible: choose a smaller p"
            )
        if any(formula.divides for formula in self.formulas):
            _needs_quotients(self.p)
            if not self._has_a_label():
                raise ValueError("no row of the table has a quotient, since all divide by 0")
        return self

    @property
    def _pairs(self) -> int:
        """The rows of the domain before any is left out."""
        first, others = self.domain.numbers(self.p)
        return len(first) * len(others) ** (self.arity - 1)

    def _has_a_label(self) -> bool:
        """Whether any row has a value."""
        if self.domain.ascending:
            return len(self.labels()) > 0
        starts = range(0, self._pairs, _AT_ONCE)
        operands = (self._operands_at(np.arange(start, min(start + _AT_ONCE, self._pairs))) for start in starts)
        return any(formula.at(some, self.p)[1].any() for some in operands for formula in self.formulas)

    @model_validator(mode="after")
    def _layout_fits(self) -> Self:
        words = self.row_layout.words
        if "operands" not in words and self.arity != 2:
            raise ValueError(f"layout {self.layout!r} has two operands and this task {self.arity}; use 'operands =' or 'operands'")
        if "op" in words and self.operator not in self._specials:
            others = [
                repr(name) for name in get_args(type(self).model_fields["layout"].annotation) if "op" not in layouts.LAYOUTS[name].words
            ]
            signs = ", ".join(_signs(self._specials))
            raise ValueError(f"layout {self.layout!r} has no operator token for this task, only {signs}; use {' or '.join(others)}")
        return self

    @property
    def row_layout(self) -> layouts.Layout:
        """The words of a row, and the special tokens."""
        return layouts.LAYOUTS[self.layout]

    @property
    def _specials(self) -> tuple[str, ...]:
        return self.row_layout.specials

    @property
    def token_labels(self) -> tuple[str, ...]:
        spare = (f"<spare_{i}>" for i in range(self.spare_tokens))
        return (*map(str, range(self.p)), *self._specials, *spare)

    @property
    def numbers(self) -> int:
        return self.p

    @property
    def vocabulary(self) -> int:
        return self.p + len(self._specials) + self.spare_tokens

    @property
    def classes(self) -> int:
        return self.vocabulary if self.loss_classes == "vocab" else self.p

    @property
    def basis(self) -> Basis | None:
        return "multiplicative" if all(formula.is_monomial for formula in self.formulas) else "additive"

    @property
    def polynomial(self) -> str | None:
        return self.formulas[0].text if len(self.formulas) == 1 and self.formulas[0].is_polynomial else None

    @cached_table
    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """The operands of every row (n, operands) and its label (n,); rows without a value are left out."""
        operands = self.domain.rows(self.p, self.arity)
        values, defined = self.formulas[0].at(operands, self.p)
        return (operands, values) if defined.all() else (operands[defined], values[defined])

    def operands(self) -> np.ndarray:
        # A table that is too large to be kept would be computed with its labels for the operands alone.
        alone = self.computes_rows and self.row_count > MOST_KEPT
        return self.domain.rows(self.p, self.arity) if alone else self.table()[0]

    def labels(self) -> np.ndarray:
        return self.table()[1]

    @cached_table
    def inputs(self) -> np.ndarray:
        return self._tokens(self.operands())

    @property
    def row_length(self) -> int:
        return sum(self.arity if word == "operands" else 1 for word in self.row_layout.words)

    @property
    def computes_rows(self) -> bool:
        """Where the table is that of one formula, with a row for every combination of operands."""
        return self._has_one_formula and not self.formulas[0].divides and not self.domain.ascending

    @property
    def _has_one_formula(self) -> bool:
        """A subclass that overrides `table` has other rows than its formulas."""
        return type(self).table is Arithmetic.table and len(self.formulas) == 1

    @property
    def row_count(self) -> int:
        return self._pairs if self.computes_rows else super().row_count

    @property
    def most_rows(self) -> int:
        return self._pairs if self._has_one_formula else super().most_rows

    def inputs_at(self, rows: np.ndarray) -> np.ndarray:
        return self._tokens(self._operands_at(rows)) if self.computes_rows else super().inputs_at(rows)

    def labels_at(self, rows: np.ndarray) -> np.ndarray:
        return self.formulas[0].at(self._operands_at(rows), self.p)[0] if self.computes_rows else super().labels_at(rows)

    def _operands_at(self, rows: np.ndarray) -> np.ndarray:
        """The operands of the rows with these numbers (k, operands), of the domain before any is left out."""
        first, others = self.domain.numbers(self.p)
        places = np.unravel_index(rows, (len(first), *[len(others)] * (self.arity - 1)))
        return np.stack([numbers[place] for numbers, place in zip([first, *[others] * (self.arity - 1)], places, strict=True)], axis=1)

    def _tokens(self, operands: np.ndarray) -> np.ndarray:
        special = {label: self.p + i for i, label in enumerate(self._specials)}
        return layouts.rows(self.row_layout.words, operands, special, self._operators(special))

    def _operators(self, special: dict[str, int]) -> np.ndarray | int:
        """The operator's token, of all rows or of each."""
        return special.get(self.operator or "", 0)

    def sequences(self) -> np.ndarray:
        answer = [self.labels()[:, None]] if self.row_layout.answered else []
        return np.hstack([self.inputs(), *answer])


def _needs_quotients(p: int) -> None:
    """Raises ValueError where numbers other than 0 have no inverse modulo p."""
    if not is_prime(p):
        near = [next((q for q in places if is_prime(q)), None) for places in (range(p, 1, -1), range(p, 2 * p))]
        raise ValueError(f"there is division modulo primes only, and p = {p} is none; use {' or '.join(str(q) for q in near if q)}")


def _signs(specials: tuple[str, ...]) -> list[str]:
    return [label for label in specials if label in SIGNS.values()]
