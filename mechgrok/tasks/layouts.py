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


LONGEST_ROW = 8
MOST_SPECIALS = 1000


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


def read_row(text: str, p: int) -> Layout:
    """The layout of a row that is written out: a, b and numbers of tokens from p on, such as "a 13 b 14"; the last '=' is read.

    Raises ValueError for anything else.
    """
    words = text.split()
    tokens = [int(word) for word in words if word.isdecimal()]
    if sorted(word for word in words if not word.isdecimal()) != ["a", "b"] or len(words) > LONGEST_ROW:
        raise ValueError(f"row {text!r}: it consists of a, b and numbers of tokens, at most {LONGEST_ROW}, such as 'a b {p}'")
    if any(not p <= token < p + MOST_SPECIALS for token in tokens):
        raise ValueError(f"row {text!r}: tokens other than a and b are numbers from {p} (p) to {p + MOST_SPECIALS - 1}")
    labels = {token: "=" if words[-1] == str(token) else f"<{token}>" for token in range(p, max(tokens, default=p - 1) + 1)}
    return Layout(tuple(labels[int(word)] if word.isdecimal() else word for word in words), tuple(labels.values()))


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
