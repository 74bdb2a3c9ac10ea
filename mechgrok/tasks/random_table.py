"""Labels without any rule."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mechgrok.tasks.arithmetic import Arithmetic, LossClasses, Modulus, SpareTokens
from mechgrok.tasks.caching import cached_table
from mechgrok.tasks.charts import Basis
from mechgrok.tasks.domain import Domain


class RandomTable(Arithmetic):
    """label = a fixed random number mod p for every ordered pair, row a * p + b: a control that can only be learnt by heart."""

    kind: Literal["random-table"] = "random-table"
    p: Modulus = 113
    """How many numbers there are."""
    table_seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of the table: `np.random.seed(seed); np.random.randint(0, p, (p, p))`."""
    layout: Literal["a b =", "a b", "a = b"] = "a b ="
    """The tokens of a row; the last position is read. The numbers are tokens 0 .. p-1, '=' is token p; "a = b": p + 5 tokens."""
    loss_classes: LossClasses = "vocab"
    """Whether the logits (and so the loss) include the classes of tokens that are no numbers, where there are any."""
    spare_tokens: SpareTokens = 0
    """Further tokens at the end of the vocabulary that no row holds."""
    domain: Domain = Domain()
    """Which rows the table has."""

    @property
    def basis(self) -> Basis | None:
        return None

    @cached_table
    def table(self) -> tuple[np.ndarray, np.ndarray]:
        operands = self.domain.rows(self.p, 2)
        drawn = np.random.RandomState(self.table_seed).randint(0, self.p, (self.p, self.p))
        return operands, drawn[operands[:, 0], operands[:, 1]].astype(np.int64)
