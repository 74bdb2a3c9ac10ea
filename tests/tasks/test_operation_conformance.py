"""What every named operation is held to by standing in the table: its formula, run by Python on numbers modulo p, gives its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import pytest

from mechgrok.errors import UserError
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import FORMULAS, SIGNS, Operation


@dataclass(frozen=True)
class Residue:
    """A number modulo p in Python's integers; a quotient is found by trying all numbers."""

    value: int
    p: int

    def _of(self, value: int) -> Residue:
        return Residue(value % self.p, self.p)

    def __add__(self, other: Residue | int) -> Residue:
        return self._of(self.value + number(other))

    def __sub__(self, other: Residue | int) -> Residue:
        return self._of(self.value - number(other))

    def __mul__(self, other: Residue | int) -> Residue:
        return self._of(self.value * number(other))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: int) -> Residue:
        return self._of(other - self.value)

    def __neg__(self) -> Residue:
        return self._of(-self.value)

    def __pow__(self, exponent: int) -> Residue:
        return self._of(self.value**exponent)

    def __truediv__(self, other: Residue | int) -> Residue:
        found = [c for c in range(self.p) if c * number(other) % self.p == self.value]
        if len(found) != 1:
            raise ZeroDivisionError
        return self._of(found[0])

    def __rtruediv__(self, other: int) -> Residue:
        return self._of(other) / self


def number(x: Residue | int) -> int:
    return x.value if isinstance(x, Residue) else x


def by_python(formula: str, a: int, b: int, p: int) -> int | None:
    names = {"a": Residue(a, p), "b": Residue(b, p), "odd": lambda x: x.value % 2 == 1, "even": lambda x: x.value % 2 == 0}
    try:
        return number(eval(formula, {"__builtins__": {}}, names)) % p
    except ZeroDivisionError:
        return None


@pytest.mark.parametrize("operation", FORMULAS)
class TestOperation:
    @pytest.mark.parametrize("p", [2, 5, 11])
    def test_its_labels_are_its_formula_at_every_pair(self, operation, p):
        task = Modular(operation=operation, p=p)
        values = [(a, b, by_python(FORMULAS[operation], a, b, p)) for a in range(p) for b in range(p)]
        expected = [[a, b, value] for a, b, value in values if value is not None]
        assert np.column_stack([task.operands(), task.labels()]).tolist() == expected
        assert len(expected) > p * (p - 1) / 2

    def test_it_refuses_a_composite_modulus_where_some_quotient_is_missing(self, operation):
        p = 6
        missing = [(a, b) for a in range(p) for b in range(1, p) if by_python(FORMULAS[operation], a, b, p) is None]
        if missing:
            with pytest.raises(UserError, match="modulo primes only"):
                Modular(operation=operation, p=p)
        else:
            assert len(Modular(operation=operation, p=p).labels()) == p * p

    def test_its_polynomial_is_its_formula(self, operation):
        task = Modular(operation=operation, p=7)
        if task.polynomial is not None:
            names = task.operands().tolist()
            assert [eval(task.polynomial, {"a": a, "b": b}) % 7 for a, b in names] == task.labels().tolist()
        else:
            assert "/" in FORMULAS[operation] or "if" in FORMULAS[operation]

    def test_a_multiplicative_basis_makes_its_label_a_sum(self, operation):
        """Labels of a multiplicative task: doubling an operand multiplies the label by the same factor everywhere."""
        task = Modular(operation=operation, p=7)
        if task.basis == "multiplicative":
            label = {tuple(pair): int(value) for pair, value in zip(task.operands().tolist(), task.labels(), strict=True)}
            for change in ((2, 1), (1, 2)):
                pairs = [(a, b) for a in range(1, 7) for b in range(1, 7)]
                factors = {Residue(label[a * change[0] % 7, b * change[1] % 7], 7) / label[a, b] for a, b in pairs}
                assert len(factors) == 1

    def test_its_name_and_its_formula_are_in_the_help(self, operation):
        field = Modular.model_fields["operation"]
        assert operation in get_args(field.annotation)
        written = FORMULAS[operation].replace("**", "^")
        as_name = written.replace("*", "").replace(" ", "")
        assert as_name == operation or f"{operation}: {written}" in (field.description or "")

    def test_it_can_be_part_of_a_mixture(self, operation):
        other = next(name for name in FORMULAS if name != operation)
        task = Mixture(operations=(operation, other), p=5)
        own = task.task_of_row() == 0
        assert task.labels()[own].tolist() == Modular(operation=operation, p=5).labels().tolist()
        assert len({*task.inputs()[:, 1].tolist()}) == 2


def test_names_are_those_that_a_config_takes() -> None:
    assert get_args(Operation) == tuple(FORMULAS)
    assert set(SIGNS) <= set(FORMULAS)
