"""Products of two elements of a finite group."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from mechgrok.maths.algebra import groups
from mechgrok.tasks import layouts
from mechgrok.tasks.arithmetic import LossClasses
from mechgrok.tasks.caching import cached_table
from mechgrok.tasks.charts import Basis
from mechgrok.tasks.task import Task

LIMITS: dict[groups.Family, tuple[int, int]] = {"symmetric": (2, 5), "dihedral": (2, 100), "alternating": (3, 5), "cyclic": (2, 200)}
"""The smallest and the largest n of each family: at most 200 elements."""
SIGNS = {"compose": "s5", "conjugate": "s5conj", "aba": "s5aba"}
"""The labels of the operator tokens that Power et al. have for them."""


class GroupTask(Task):
    """label = a product of the elements a and b of a finite group over all ordered pairs, row a * order + b."""

    kind: Literal["group"] = "group"
    group: groups.Family = "symmetric"
    """symmetric, alternating: (even) permutations of n points, (a b)(i) = a(b(i)); dihedral: symmetries of n corners; cyclic: Z_n."""
    n: Annotated[int, Field(ge=2, le=200)] = 5
    """Points, corners or elements: up to 5 points, 100 corners, 200 elements."""
    operation: Literal["compose", "conjugate", "aba"] = "compose"
    """compose: a b; conjugate: a b a^-1; aba: a b a (Power et al. 2022, arXiv 2201.02177, appendix A.1)."""
    layout: Literal["a b =", "a b", "openai equation"] = "a b ="
    """The tokens of a row; the last position is read. The elements are tokens 0 .. order-1, '=' is the token after them.
    "openai equation" (<|eos|> a op b =): the vocabulary of Power et al. 2022, 239 tokens, the permutations of five points first."""
    loss_classes: LossClasses = "vocab"
    """Whether the logits (and so the loss) include the classes of tokens that are no elements, where there are any."""

    @model_validator(mode="after")
    def _is_of_known_size(self) -> Self:
        low, high = LIMITS[self.group]
        if not low <= self.n <= high:
            raise ValueError(f"the {self.group} groups here go from n = {low} to {high}; n is {self.n}")
        return self

    @model_validator(mode="after")
    def _has_a_vocabulary(self) -> Self:
        if self.layout == "openai equation" and (self.group, self.n) != ("symmetric", 5):
            raise ValueError("layout 'openai equation' has the permutations of 5 points only (group symmetric, n 5); use 'a b =' or 'a b'")
        return self

    @property
    def structure(self) -> groups.Group:
        """The group itself."""
        return groups.FAMILIES[self.group](self.n)

    @property
    def basis(self) -> Basis | None:
        return "additive" if self.group == "cyclic" and self.operation == "compose" else None

    @property
    def numbers(self) -> int:
        return self.structure.order

    @property
    def _specials(self) -> tuple[str, ...]:
        return (*layouts.OPENAI, *layouts.OPENAI_NUMBERS) if self.layout == "openai equation" else layouts.LAYOUTS[self.layout].specials

    @property
    def token_labels(self) -> tuple[str, ...]:
        return (*self.structure.labels, *self._specials)

    @property
    def vocabulary(self) -> int:
        return self.numbers + len(self._specials)

    @property
    def classes(self) -> int:
        return self.vocabulary if self.loss_classes == "vocab" else self.numbers

    def operands(self) -> np.ndarray:
        return np.stack(np.divmod(np.arange(self.numbers**2), self.numbers), axis=1)

    @cached_table
    def inputs(self) -> np.ndarray:
        special = {label: self.numbers + i for i, label in enumerate(self._specials)}
        operator = special.get(SIGNS[self.operation], 0)
        return layouts.rows(layouts.LAYOUTS[self.layout].words, self.operands(), special, operator)

    @cached_table
    def labels(self) -> np.ndarray:
        a, b = self.operands().T
        table, inverse = self.structure.table, self.structure.inverse
        after = {"compose": np.full_like(a, self.structure.identity), "conjugate": inverse[a], "aba": a}
        return table[table[a, b], after[self.operation]]
