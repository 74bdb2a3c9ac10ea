"""Several operations in one table."""

from __future__ import annotations

import numpy as np
import pytest

from mechgrok.errors import UserError
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular


def test_it_is_one_table_after_the_other() -> None:
    task = Mixture(p=7, operations=("add", "subtract", "multiply"))
    parts = [Modular(p=7, operation=name, layout="a op b") for name in ("add", "subtract", "multiply")]
    assert np.array_equal(task.inputs(), np.concatenate([part.inputs() for part in parts]))
    assert np.array_equal(task.labels(), np.concatenate([part.labels() for part in parts]))
    assert len(task.task_names) == 3
    assert task.task_of_row().tolist() == [0] * 49 + [1] * 49 + [2] * 49


def test_the_vocabulary_is_that_of_furuta_et_al_where_it_has_the_operators() -> None:
    assert Mixture(p=97).vocabulary == 102
    polynomials = Mixture(p=97, operations=("add", "(a+b)^3", "a**3 + a*b**2 + b"))
    assert polynomials.vocabulary == 104
    assert polynomials.token_labels[97:] == ("=", "+", "-", "*", "/", "<(a+b)^3>", "<a**3 + a*b**2 + b>")
    assert sorted(set(polynomials.inputs()[:, 1].tolist())) == [98, 102, 103]
    assert Mixture(p=5, layout="a op b =").inputs()[0].tolist() == [0, 6, 0, 5]


def test_the_formula_of_a_name_and_one_written_out_have_the_same_labels() -> None:
    task = Mixture(p=11, operations=("a^3+ab", "(a - b)^2"))
    pairs = [(a, b) for a in range(11) for b in range(11)]
    assert task.labels().tolist() == [(a**3 + a * b) % 11 for a, b in pairs] + [(a - b) ** 2 % 11 for a, b in pairs]


def test_a_unit_is_a_pair_even_where_one_operation_lacks_rows() -> None:
    task = Mixture(p=5, operations=("add", "divide"))
    assert len(task.labels()) == 25 + 20
    assert task.units().tolist() == [*range(25), *(5 * a + b for a in range(5) for b in range(1, 5))]
    assert task.operands()[task.units() == 7].tolist() == [[1, 2], [1, 2]]


def test_its_algebra() -> None:
    assert Mixture().basis == "additive"
    assert Mixture(operations=("multiply", "divide")).basis == "multiplicative"
    assert Mixture().symmetric
    assert not Mixture(operations=("add", "subtract")).symmetric
    assert Mixture().polynomial is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"operations": ["add"]}, "two or more different operations"),
        ({"operations": ["add", "a+b"]}, "two or more different operations"),
        ({"operations": ["add", "foo"]}, "operations.1: 'foo' is neither an operation of the kind modular nor a formula"),
        ({"operations": ["add", "a+b+c"]}, "a mixture has two operands, and 'a.b.c' has 3; the kind expression takes it alone"),
        ({"operations": ["add", "divide"], "p": 10}, "division modulo primes only, and p = 10 is none; use 7 or 11"),
        ({"layout": "a b ="}, "layout: Input should be 'a op b' or 'a op b ='"),
    ],
)
def test_wrong_values_say_what_would_be_possible(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        Mixture(**values)
    assert "\n" not in str(caught.value)


def test_one_of_its_operations_alone_keeps_the_vocabulary_of_all() -> None:
    whole = Mixture(p=7, operations=("a^2+b", "multiply", "(a+b)^3"))
    for number, name in enumerate(whole.operations):
        alone = whole.model_copy(update={"only": name})
        assert alone.vocabulary == whole.vocabulary
        assert alone.token_labels == whole.token_labels
        assert np.array_equal(alone.inputs(), whole.inputs()[whole.task_of_row() == number])
        assert np.array_equal(alone.labels(), whole.labels()[whole.task_of_row() == number])
        assert alone.task_names == (name,)
    assert whole.model_copy(update={"only": "multiply"}).basis == "multiplicative"
    assert whole.model_copy(update={"only": "(a+b)^3"}).basis == "additive"
    with pytest.raises(UserError, match=r"only: 'add' is none of this mixture's operations, a\^2\+b, multiply"):
        Mixture(operations=["a^2+b", "multiply"], only="add")
