"""Several tasks in one table, distinguished by an operator token."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import AfterValidator, model_validator

from mechgrok.tasks import layouts
from mechgrok.tasks.arithmetic import Arithmetic, LossClasses, Modulus, SpareTokens
from mechgrok.tasks.caching import cached_table
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.formula import Formula, parse
from mechgrok.tasks.operations import FORMULAS, SIGNS
from mechgrok.tasks.parts import Mixed


def _formula(text: str) -> Formula:
    return parse(FORMULAS.get(text, text))


def _of_two(text: str) -> str:
    try:
        operands = _formula(text).operands
    except ValueError as error:
        raise ValueError(f"{text!r} is neither an operation of the kind modular nor a formula ({error})") from None
    if operands > 2:
        raise ValueError(f"a mixture has two operands, and {text!r} has {operands}; the kind expression takes it alone")
    return text


def _sign(name: str) -> str:
    """The label of an operation's token."""
    common = SIGNS.get(name, "")
    return common if common in layouts.FURUTA else f"<{name}>"


class Mixture(Arithmetic, Mixed):
    """label = an operation(a, b) mod p that the row's operator token names; row a * p + b of the first, then of the next."""

    kind: Literal["mixture"] = "mixture"
    operations: tuple[Annotated[str, AfterValidator(_of_two)], ...] = ("add", "multiply")
    """Two or more: names of operations of the kind modular, or formulas in a and b such as "a**3 + a*b"."""
    only: str = ""
    """The operation whose rows the table has, in the vocabulary of all of them; empty for the rows of all."""
    p: Modulus = 97
    """The modulus; a prime where there is division."""
    layout: Literal["a op b", "a op b ="] = "a op b"
    """The tokens of a row; the last position is read. The numbers are tokens 0 .. p-1, then = + - * /, then one for each operation that is
    none of these four (Furuta et al. 2024, arXiv 2402.16726, section 5)."""
    loss_classes: LossClasses = "vocab"
    """Whether the logits (and so the loss) include the classes of tokens that are no numbers."""
    spare_tokens: SpareTokens = 0
    """Further tokens at the end of the vocabulary that no row holds."""
    domain: Domain = Domain()
    """Which rows the table has."""

    @model_validator(mode="after")
    def _are_several(self) -> Self:
        if len({_formula(name).text for name in self.operations}) < max(2, len(self.operations)):
            raise ValueError("operations: a mixture is of two or more different operations, such as add multiply")
        if self.only and self.only not in self.operations:
            raise ValueError(f"only: {self.only!r} is none of this mixture's operations, {', '.join(self.operations)}")
        return self

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return tuple(map(_formula, self.task_names))

    @property
    def operator(self) -> str | None:
        return _sign(self.task_names[0])

    @property
    def _specials(self) -> tuple[str, ...]:
        return (*layouts.FURUTA, *(sign for sign in map(_sign, self.operations) if sign not in layouts.FURUTA))

    @property
    def task_names(self) -> tuple[str, ...]:
        return (self.only,) if self.only else self.operations

    @property
    def computes_rows(self) -> bool:
        return False

    @cached_table
    def task_of_row(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.task_names)), [len(labels) for _, labels in self._tables()])

    def units(self) -> np.ndarray:
        """The pair: the same pairs are trained on in every task (Furuta et al. 2024, section 5)."""
        a, b = self.operands().T
        return a * self.p + b

    def _tables(self) -> list[tuple[np.ndarray, np.ndarray]]:
        pairs = self.domain.rows(self.p, 2)
        computed = [formula.at(pairs, self.p) for formula in self.formulas]
        return [(pairs[defined], values[defined]) for values, defined in computed]

    @cached_table
    def table(self) -> tuple[np.ndarray, np.ndarray]:
        operands, labels = zip(*self._tables(), strict=True)
        return np.concatenate(operands), np.concatenate(labels)

    def of_all_tasks(self) -> Mixture:
        return self.model_copy(update={"only": ""})

    def _operators(self, special: dict[str, int]) -> np.ndarray | int:
        return np.array([special[_sign(name)] for name in self.task_names])[self.task_of_row()]
