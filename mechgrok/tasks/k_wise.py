"""Sums of several numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mechgrok.tasks.arithmetic import Arithmetic, LossClasses, Modulus, SpareTokens
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.formula import LETTERS, Formula, parse
from mechgrok.tasks.layouts import AnyOperands


class KWise(Arithmetic):
    """label = sum of K operands mod p over all p^K rows, the last operand fastest."""

    kind: Literal["k-wise"] = "k-wise"
    terms: Annotated[int, Field(ge=2, le=5)] = 3
    """K: how many numbers are added."""
    p: Modulus = 31
    """The modulus."""
    layout: AnyOperands = "operands"
    """The tokens of a row; the last position is read. The numbers are tokens 0 .. p-1, '=' is token p where there is one.
    "openai operands": the vocabulary of Power et al. 2022, p + 142 tokens, the numbers first."""
    loss_classes: LossClasses = "vocab"
    """Whether the logits (and so the loss) include the classes of tokens that are no numbers, where there are any."""
    spare_tokens: SpareTokens = 0
    """Further tokens at the end of the vocabulary that no row holds."""
    domain: Domain = Domain()
    """Which rows the table has."""

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return (parse(" + ".join(LETTERS[: self.terms])),)
