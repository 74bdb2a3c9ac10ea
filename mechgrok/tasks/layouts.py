"""Layouts: the tokens of a row in order, and the tokens of the vocabulary beside the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np

from mechgrok.tasks.operations import SIGNS

TwoOperands = Literal["a b =", "a b", "a op b", "a op b =", "a = b", "a b = c", "openai operands", "openai equation"]
AnyOperands = Literal["operands =", "operands", "openai operands"]

EQUALS = ("=",)
FURUTA = ("=", "+", "-", "*", "/")
"""Furuta et al. 2024: p + 5 tokens."""
OPENAI_NUMBERS = tuple(map(str, range(97)))
OPENAI_PERMUTATIONS = tuple("".join(map(str, each)) for each in permutations(range(5)))
OPENAI = ("<|eos|>", "=", *sorted([*SIGNS.values(), "s5", "s5conj", "s5aba", "sort", "reverse", "copy"]))
"""Power et al. 2022: the end of a text, '=' and 20 operators, beside the numbers and the permutations of five points."""


@dataclass(frozen=True)
class Layout:
    """The words of a row, the last of which is read, and the special tokens; `operands` stands for all of them in order."""

    words: tuple[str, ...]
    specials: tuple[str, ...]
    answered: bool = False
    """Whether the answer's token follows what is read."""


LAYOUTS: dict[str, Layout] = {
    "a b =": Layout(("operands", "="), EQUALS),
    "operands =": Layout(("operands", "="), EQUALS),
    "a b": Layout(("operands",), ()),
    "operands": Layout(("operands",), ()),
    "a op b": Layout(("a", "op", "b"), FURUTA),
    "a op b =": Layout(("a", "op", "b", "="), FURUTA),
    "a = b": Layout(("a", "=", "b"), FURUTA),
    "a b = c": Layout(("operands", "="), EQUALS, answered=True),
    "openai operands": Layout(("operands",), (*OPENAI, *OPENAI_PERMUTATIONS)),
    "openai equation": Layout(("<|eos|>", "a", "op", "b", "="), (*OPENAI, *OPENAI_PERMUTATIONS)),
}


def rows(words: Sequence[str], operands: np.ndarray, special: dict[str, int], operator: np.ndarray | int) -> np.ndarray:
    """The tokens of every row (n, pos): `special` gives the token of a word, `operator` that of `op`, one for all rows or for each."""
    columns: list[np.ndarray] = []
    for word in words:
        if word == "operands":
            columns.extend(operands.T)
        elif word in ("a", "b"):
            columns.append(operands[:, "ab".index(word)])
        else:
            columns.append(np.broadcast_to(operator if word == "op" else special[word], len(operands)))
    return np.stack(columns, axis=1).astype(np.int64)
