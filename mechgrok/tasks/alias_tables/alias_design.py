"""The design of an experiment on internalisation: its options, and the tokens and parts that follow from them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from mechgrok.config import NonNegativeInt, PositiveInt
from mechgrok.tasks.alias_tables.alias_sets import SETS, SetName
from mechgrok.tasks.arithmetic import Modulus
from mechgrok.tasks.charts import Basis
from mechgrok.tasks.parts import Staged

ORIGINAL = "original"
Share = Annotated[float, Field(ge=0, lt=1)]


class AliasDesign(Staged):
    """All of the task `aliases` but its rows, which `alias_rows` draws from the design."""

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
    questions: PositiveInt = 10
    """Other operands that the questions about an integer have."""
    held_out: Share = 0.1
    """Of these, the share that is held out in sets that are asked; at least one."""
    partners: tuple[NonNegativeInt, ...] = ()
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
    definitions determine which. Sums and sums of squares leave nothing open."""
    original_held_out: Share = 0.1
    """Share of the rows a b = c that is held out."""
    design_seed: NonNegativeInt = 0
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
            raise ValueError("ambiguous: a question about several aliases does not determine one of them; set form to one alias")
        if self.questions > available:
            raise ValueError(f"questions: {self.questions} are more than the {available} other operands that there are")
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

    @property
    def part_names(self) -> tuple[str, ...]:
        """The original rows, then for each set its questions, which have its name, and its definitions."""
        return (ORIGINAL, *(f"{name}{what}" for name in self.sets for what in ("", "-definitions")))

    @property
    def stages(self) -> int:
        return 2
