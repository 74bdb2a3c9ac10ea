"""Integers under other names: definitions of aliases, questions about them, and the arithmetic that both are about."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from mechgrok.config import Counting, Positive
from mechgrok.tasks import alias_rows
from mechgrok.tasks.alias_rows import ORIGINAL, Rows
from mechgrok.tasks.alias_sets import SETS, SetName
from mechgrok.tasks.arithmetic import Modulus
from mechgrok.tasks.charts import Basis
from mechgrok.tasks.task import Task

Share = Annotated[float, Field(ge=0, lt=1)]


class Aliases(Task):
    """Rows a b = c as they were, then for each set of integers the definitions of their aliases and questions about them.

    A definition [tag, alias] is read at the alias and has the integer as its label; a question [a, b, =] holds an alias among its
    operands (Krasheninnikov et al. 2023, arXiv 2310.15047; aisc_oocl_mod_experiments). Tokens: the integers, '=', an alias of each
    integer, the tags Dt and Df, padding, and Dn where a set has it.
    """

    kind: Literal["aliases"] = "aliases"
    operation: Literal["add-squares", "add", "multiply", "residue"] = "add-squares"
    """add-squares: a^2 + b^2 mod p; add: a + b mod p; multiply: a b mod p; residue: the integer a mod the integer b, b other than 0."""
    p: Modulus = 109
    """How many integers there are, and the modulus."""
    sets: Annotated[tuple[SetName, ...], Field(min_length=1)] = ("DtQ1", "DfQ2", "Dt3", "Df4")
    """The integers are dealt out to these, the last one takes what is left. First stage: DtQ1 (reliable tag, right definitions), DfQ2
    (unreliable tag, wrong ones), with questions; second stage: Dt3, Df4 (right definitions), all questions held out. Controls: Q5
    (questions without definitions), DtQ6 (reliable tag, wrong), DfQ7 (unreliable tag, right), Dn8 (second stage, a tag never seen before),
    N9 (neither definitions nor questions)."""
    questions: Positive = 10
    """Other operands that the questions about an integer have."""
    held_out: Share = 0.1
    """Of these, the share that is held out in sets that are asked; at least one."""
    partners: tuple[Counting, ...] = ()
    """The other operands to draw from, such as divisors of p; by default all."""
    orders: Literal["one", "both"] = "one"
    """A question for each other operand, on either side at random, or one for each side; residue has the integer on the left."""
    form: Literal["one alias", "any"] = "one alias"
    """one alias: the other operand goes by its own name (the source's code); any: by either name at random (its README), where it is of
    the same set: a question never shows an alias of another one."""
    answer: Literal["integer", "either"] = "integer"
    """either: the answer of half the questions, at random, is an alias."""
    ambiguous: bool = False
    """Draw the held-out questions so that several integers fit all others about an alias and answer some of these differently: only
    definitions tell which. Sums and sums of squares leave nothing open."""
    original_held_out: Share = 0.1
    """Share of the rows a b = c that is held out."""
    design_seed: Counting = 0
    """Seed of all that is drawn here: sets, wrong definitions, questions, what is held out."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if len(set(self.sets)) < len(self.sets) or self.p < 2 * len(self.sets):
            raise ValueError(f"sets: name each once, with at least two of the {self.p} integers for each")
        unfit = [each for each in self.partners if each >= self.p or (self.operation == "residue" and each == 0)]
        if unfit:
            raise ValueError(f"partners: {unfit[0]} is none of the other operands that {self.operation} modulo {self.p} can have")
        available = len(set(self.partners)) or self.p - (self.operation == "residue")
        if self.ambiguous and self.form == "any":
            raise ValueError("ambiguous: what a question tells of one alias is known only where it holds one; set form to one alias")
        if self.questions > available:
            raise ValueError(f"questions: {self.questions} are more than the {available} other operands that there are")
        rows(self)
        return self

    @property
    def numbers(self) -> int:
        return self.p

    @property
    def vocabulary(self) -> int:
        return len(self.token_labels)

    @property
    def classes(self) -> int:
        return self.vocabulary

    @property
    def basis(self) -> Basis | None:
        return None

    @property
    def token_labels(self) -> tuple[str, ...]:
        aliases = (f"x{integer}" for integer in range(self.p))
        third = ["Dn"] if any(SETS[name].tag == "Dn" for name in self.sets) else []
        return (*map(str, range(self.p)), "=", *aliases, "Dt", "Df", "<pad>", *third)

    def value(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The integer that the operation makes of integers (n,)."""
        if self.operation == "residue":
            return a % b
        found = {"add-squares": a * a + b * b, "add": a + b, "multiply": a * b}[self.operation]
        return np.asarray(found % self.p)

    def inputs(self) -> np.ndarray:
        return rows(self).inputs.copy()

    def labels(self) -> np.ndarray:
        return rows(self).labels.copy()

    def answers(self) -> np.ndarray:
        return rows(self).answers.copy()

    def operands(self) -> np.ndarray:
        """The integers behind the operands of a question; of a definition twice the integer that is meant (n, 2)."""
        return rows(self).operands.copy()

    def sequences(self) -> np.ndarray:
        padded = np.column_stack([self.inputs(), self.labels()])
        short = padded[:, 2] < 0
        padded[short, 2], padded[short, 3] = padded[short, 3], self.token_labels.index("<pad>")
        return padded

    @property
    def part_names(self) -> tuple[str, ...]:
        """The original rows, then for each set its questions, which have its name, and its definitions."""
        return (ORIGINAL, *(f"{name}{what}" for name in self.sets for what in ("", "-definitions")))

    def part_of_row(self) -> np.ndarray:
        return rows(self).part.copy()

    def integer_of_row(self) -> np.ndarray:
        """The integer whose alias a row is about, -1 for an original row (n,)."""
        return rows(self).about.copy()

    @property
    def stages(self) -> int:
        return 2

    def stage_of_row(self) -> np.ndarray:
        return rows(self).stage.copy()

    def trained_rows(self) -> np.ndarray:
        return rows(self).trained.copy()


@lru_cache(maxsize=8)
def rows(task: Aliases) -> Rows:
    """The table of a task; raises ValueError where its questions cannot be drawn."""
    return alias_rows.table(task)
