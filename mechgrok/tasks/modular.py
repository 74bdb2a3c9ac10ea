"""Two-operand arithmetic modulo p."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mechgrok.tasks.arithmetic import Arithmetic, LossClasses, Modulus, SpareTokens
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.formula import Formula, parse
from mechgrok.tasks.layouts import Layout, TwoOperands, read_row
from mechgrok.tasks.operations import FORMULAS, SIGNS, Operation, described, nearest_operation

_OPERATIONS = (
    f"{described()}; the others as they are written. Division needs a prime p and leaves out rows that divide by 0. "
    "For formulas of your own: kind expression."
)


class Modular(Arithmetic):
    """label = operation(a, b) mod p over all ordered pairs that have one, row a * p + b where all have."""

    kind: Literal["modular"] = "modular"
    operation: Annotated[Operation, Field(description=_OPERATIONS)] = "add"
    p: Modulus = 113
    """The modulus."""
    layout: TwoOperands = "a b ="
    """The tokens of a row. "a b =", "a b": the numbers are tokens 0 .. p-1, '=' is token p. "a op b", "a op b =", "a = b": with = + - * /
    as tokens p .. p+4, after Furuta et al. 2024. "a b = c": the answer follows, '=' is read. "openai operands", "openai equation"
    (<|eos|> a op b =): the vocabulary of Power et al. 2022, p + 142 tokens, the numbers first."""
    row: str | None = None
    """The tokens of a row written out, in place of a layout: a, b and the numbers of tokens from p on, such as "a 97 b 98"."""
    loss_classes: LossClasses = "vocab"
    """Whether the logits (and so the loss) include the classes of tokens that are no numbers, where there are any."""
    spare_tokens: SpareTokens = 0
    """Further tokens at the end of the vocabulary that no row holds."""
    domain: Domain = Domain()
    """Which rows the table has."""

    @field_validator("operation", mode="before")
    @classmethod
    def _is_no_other_word(cls, value: object) -> object:
        name = nearest_operation(value) if isinstance(value, str) else None
        if name:
            raise ValueError(f"{value!r} is unknown; did you mean {name}?")
        return value

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return (parse(FORMULAS[self.operation]),)

    @property
    def row_layout(self) -> Layout:
        return super().row_layout if self.row is None else read_row(self.row, self.p)

    @property
    def operator(self) -> str | None:
        return SIGNS.get(self.operation)
