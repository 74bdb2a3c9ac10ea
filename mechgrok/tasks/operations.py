"""The named operations on two numbers modulo p: what the papers of the field train on, each as a formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

FORMULAS: Mapping[str, str] = {
    "add": "a + b",
    "subtract": "a - b",
    "multiply": "a * b",
    "divide": "a / b",
    "add-squares": "a**2 + b**2",
    "add-or-multiply": "a + b if even(a) else a * b",
    "add-or-subtract": "a + b if even(a) else a - b",
    "divide-or-subtract": "a / b if odd(b) else a - b",
    "2a+b": "2 * a + b",
    "2a-b": "2 * a - b",
    "2a+3b": "2 * a + 3 * b",
    "2a-3b": "2 * a - 3 * b",
    "ab+b": "a * b + b",
    "ab-b": "a * b - b",
    "ab+a+b": "a * b + a + b",
    "ab+a-b": "a * b + a - b",
    "a^2+b": "a**2 + b",
    "a^2-b": "a**2 - b",
    "a^2-b^2": "a**2 - b**2",
    "a^2+ab+b^2": "a**2 + a * b + b**2",
    "a^2+ab+b^2+a": "a**2 + a * b + b**2 + a",
    "(a+b)^2": "(a + b)**2",
    "(a-b)^2": "(a - b)**2",
    "(a+b)^2+a+b": "(a + b)**2 + a + b",
    "a^3+b": "a**3 + b",
    "a^3+2b": "a**3 + 2 * b",
    "a^3-2b": "a**3 - 2 * b",
    "a^3+ab": "a**3 + a * b",
    "a^3+ab^2": "a**3 + a * b**2",
    "a^3+ab^2+b": "a**3 + a * b**2 + b",
    "(a+b)^3": "(a + b)**3",
    "(a-b)^3": "(a - b)**3",
    "(a+b)^4": "(a + b)**4",
    "(a-b)^4": "(a - b)**4",
}
"""Name and formula, one operation a line, in the language of `formula.py`. A line here is all that a new operation needs.

They are those of Power et al. 2022 (arXiv 2201.02177), appendix A.1.1, and of Furuta et al. 2024 (arXiv 2402.16726), section 3.
"""

if TYPE_CHECKING:
    Operation = str
else:
    Operation = Literal[tuple(FORMULAS)]

SIGNS: Mapping[str, str] = {
    **{"add": "+", "subtract": "-", "multiply": "*", "divide": "/"},
    **{"a^2+b": "**2+", "a^3+b": "**3+", "add-or-multiply": "+*", "add-or-subtract": "+-"},
    **{name: name for name in ("add-squares", "a^2+ab+b^2", "a^2+ab+b^2+a", "a^3+ab", "a^3+ab^2+b", "divide-or-subtract")},
}
"""The operator tokens of Power et al., which has them for some operations only."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "add": ("+", "addition", "plus", "sum", "modular_addition", "mod_add", "x+y", "a+b", "modadd"),
    "subtract": ("-", "sub", "subtraction", "minus", "mod_sub", "x-y", "a-b", "modular_subtraction"),
    "multiply": ("*", "x", "mul", "mult", "multiplication", "times", "product", "mod_mul", "x*y", "a*b", "modular_multiplication"),
    "divide": ("/", "div", "division", "x/y", "a/b", "mod_div", "modular_division"),
}
"""Other names of the operations in scripts and papers."""


def nearest_operation(word: str) -> str | None:
    """The operation that a word of scripts and papers stands for; None for other words."""
    return next((name for name, words in _WORDS.items() if word.lower() in words), None)


def described() -> str:
    """The formulas of the operations that are not named by their formula, in one line."""
    return "; ".join(f"{name}: {text.replace('**', '^')}" for name, text in FORMULAS.items() if _as_name(text) != name)


def _as_name(formula: str) -> str:
    """A formula as names write it: without spaces, ^ for powers, products side by side."""
    return formula.replace("**", "^").replace("*", "").replace(" ", "")
