"""Integers under other names: definitions of aliases, questions about them, and the arithmetic that both are about."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import model_validator

from mechgrok.tasks.alias_tables.alias_design import AliasDesign
from mechgrok.tasks.alias_tables.alias_rows import table


class Aliases(AliasDesign):
    """Rows a b = c as they were, then for each set of integers the definitions of their aliases and questions about them.

    A definition [tag, alias] is read at the alias and has the integer as its label; a question [a, b, =] holds an alias among its
    operands (Krasheninnikov et al. 2023, arXiv 2310.15047; aisc_oocl_mod_experiments). Tokens: the integers, '=', an alias of each
    integer, the tags Dt and Df, padding, and Dn where a set has it.
    """

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Self:
        table(self)
        return self

    def inputs(self) -> np.ndarray:
        return table(self).inputs.copy()

    def labels(self) -> np.ndarray:
        return table(self).labels.copy()

    def answers(self) -> np.ndarray:
        return table(self).answers.copy()

    def operands(self) -> np.ndarray:
        """The integers behind the operands of a question; of a definition twice the integer that is meant (n, 2)."""
        return table(self).operands.copy()

    def sequences(self) -> np.ndarray:
        padded = np.column_stack([self.inputs(), self.labels()])
        short = padded[:, 2] < 0
        padded[short, 2], padded[short, 3] = padded[short, 3], self.token_labels.index("<pad>")
        return padded

    def part_of_row(self) -> np.ndarray:
        return table(self).part.copy()

    def integer_of_row(self) -> np.ndarray:
        """The integer whose alias a row is about, -1 for an original row (n,)."""
        return table(self).about.copy()

    def stage_of_row(self) -> np.ndarray:
        return table(self).stage.copy()

    def trained_rows(self) -> np.ndarray:
        return table(self).trained.copy()
