"""Formulas that the user writes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from mechgrok.tasks.arithmetic import Arithmetic, LossClasses, Modulus, SpareTokens
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.formula import Formula, parse


def _read(text: str) -> str:
    parse(text)
    return text


class Expression(Arithmetic):
    """label = a formula in a, b (and c, d, e) mod p over all rows that have a value, the last operand fastest."""

    kind: Literal["expression"] = "expression"
    expression: Annotated[str, AfterValidator(_read)] = "a**3 + a * b"
    """Such as "a**3 + a*b", "3*a + 5*b", "(a + b)^5", "a*b + c": operands a to e, whole numbers, + - * / and powers; also
    "a + b if even(a) else a*b". Division needs a prime p and leaves out rows that divide by 0."""
    p: Modulus = 97
    """The modulus; a prime where there is division."""
    layout: Literal["operands =", "operands", "a = b", "a b = c", "openai operands"] = "operands ="
    """The tokens of a row; the last position is read. The numbers are tokens 0 .. p-1, '=' is token p. "a = b": Furuta et al. 2024, p + 5
    tokens; "a b = c": the answer follows, '=' is read; "openai operands": the vocabulary of Power et al. 2022, p + 142 tokens."""
    loss_classes: LossClasses = "vocab"
    """Whether the logits (and so the loss) include the classes of tokens that are no numbers, where there are any."""
    spare_tokens: SpareTokens = 0
    """Further tokens at the end of the vocabulary that no row holds."""
    domain: Domain = Domain()
    """Which rows the table has."""

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return (parse(self.expression),)
