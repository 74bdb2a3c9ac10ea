"""Formulas in a few operands, read without running them, computed exactly modulo p.

The language: the operands a to e, whole numbers, + - * /, powers (** or ^) with a whole number from 0, brackets, and
`x if odd(b) else y` with odd(...) or even(...) of one operand, by its number in 0 .. p-1.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

LETTERS = "abcde"
LONGEST = 200
"""Characters of a formula."""

Values = tuple[np.ndarray, np.ndarray]
"""The value of every row (n,), and whether it has one (n,): a quotient by 0 has none."""


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula that has been read."""

    text: str
    tree: ast.expr

    @property
    def operands(self) -> int:
        """How many operands a row has: up to the last letter that occurs, at least two."""
        return max([2, *(LETTERS.index(name) + 1 for name in _names(self.tree))])

    @property
    def divides(self) -> bool:
        """Whether it has a quotient, and so needs a prime modulus."""
        return any(isinstance(node, ast.Div) for node in ast.walk(self.tree))

    @property
    def is_monomial(self) -> bool:
        """Whether it is a product of powers of all its operands and of numbers: in logarithms, a sum."""
        return _is_product(self.tree) and len(set(_names(self.tree))) == self.operands

    @property
    def is_polynomial(self) -> bool:
        """Whether Python computes the same from integers, modulo p."""
        return not self.divides and not any(isinstance(node, ast.IfExp) for node in ast.walk(self.tree))

    def named(self, names: Sequence[str]) -> str:
        """The formula as Python writes it with other names for a, b, ..."""
        return ast.unparse(_Renamed(dict(zip(LETTERS, names, strict=False))).visit(ast.parse(self.text, mode="eval")))

    def at(self, operands: np.ndarray, p: int) -> Values:
        """Its values modulo p at rows of operands (n, operands); p must be prime where it divides."""
        return _value(self.tree, operands, p)


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


@cache
def parse(text: str) -> Formula:
    """Reads a formula. Raises ValueError, in one line that says where, for anything outside the language."""
    python = text.strip().replace("^", "**")
    if not python or len(python) > LONGEST:
        raise ValueError(f"a formula such as a**3 + a*b is wanted, of at most {LONGEST} characters; this one has {len(python)}")
    try:
        tree = ast.parse(python, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = f" near {python[max(0, error.offset - 2) :][:8]!r}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ValueError(f"{text!r} is no formula{at}; write it like a**3 + 2*a*b") from None
    _check(tree, python)
    return Formula(ast.unparse(tree), tree)


def _check(node: ast.AST, text: str) -> None:
    if not isinstance(node, ast.expr) or not _allowed(node):
        raise ValueError(f"{text!r}: {_complaint(node, text)}")
    for child in _parts(node):
        _check(child, text)


def _allowed(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return type(value) is int
        case ast.Name(id=name):
            return name in tuple(LETTERS)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()) | ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
            return True
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=value)):
            return type(value) is int
        case ast.IfExp(test=ast.Call(func=ast.Name(id="odd" | "even"), args=[ast.Name()], keywords=[])):
            return True
        case _:
            return False


def _parts(node: ast.expr) -> list[ast.AST]:
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.IfExp(test=ast.Call(args=[operand]), body=body, orelse=other):
            return [operand, body, other]
        case _:
            return []


def _complaint(node: ast.AST, text: str) -> str:
    """What is wrong with a piece that the language does not have."""
    piece = ast.get_source_segment(text, node) or type(node).__name__
    match node:
        case ast.Name():
            product = f"; write {'*'.join(piece)} for their product" if set(piece) <= set(LETTERS) else ""
            return f"{piece!r} is no operand; they are {', '.join(LETTERS)}{product}"
        case ast.BinOp(op=ast.Pow()):
            return f"the exponent in {piece!r} is no whole number from 0; write a power like a**3"
        case ast.Constant():
            return f"{piece!r} is no whole number"
        case ast.IfExp():
            return f"the condition in {piece!r} is not odd(...) or even(...) of one operand"
        case _:
            return f"{piece!r} is not understood; there are + - * / ** and brackets, and x if odd(b) else y"


def _value(node: ast.expr, operands: np.ndarray, p: int) -> Values:
    match node:
        case ast.Constant(value=int(value)):
            return np.full(len(operands), value % p), np.ones(len(operands), dtype=bool)
        case ast.Name(id=name):
            return operands[:, LETTERS.index(name)] % p, np.ones(len(operands), dtype=bool)
        case ast.UnaryOp(op=sign, operand=inner):
            values, defined = _value(inner, operands, p)
            return (-values % p if isinstance(sign, ast.USub) else values), defined
        case ast.BinOp(op=ast.Pow(), left=base, right=ast.Constant(value=int(exponent))):
            values, defined = _value(base, operands, p)
            return power(values, exponent, p), defined
        case ast.BinOp(op=operator, left=left, right=right):
            return _OPERATORS[type(operator)](_value(left, operands, p), _value(right, operands, p), p)
        case ast.IfExp(test=ast.Call(func=ast.Name(id=parity), args=[ast.Name(id=name)]), body=body, orelse=other):
            chosen = operands[:, LETTERS.index(name)] % 2 == (parity == "odd")
            both = zip(_value(body, operands, p), _value(other, operands, p), strict=True)
            values, defined = (np.where(chosen, one, two) for one, two in both)
            return values, defined
    raise TypeError(f"{ast.dump(node)} is no part of the language")


def _quotient(left: Values, right: Values, p: int) -> Values:
    inverse = np.array([0, *(pow(i, -1, p) for i in range(1, p))])
    return left[0] * inverse[right[0]] % p, left[1] & right[1] & (right[0] != 0)


_OPERATORS: dict[type[ast.operator], Callable[[Values, Values, int], Values]] = {
    ast.Add: lambda left, right, p: ((left[0] + right[0]) % p, left[1] & right[1]),
    ast.Sub: lambda left, right, p: ((left[0] - right[0]) % p, left[1] & right[1]),
    ast.Mult: lambda left, right, p: (left[0] * right[0] % p, left[1] & right[1]),
    ast.Div: _quotient,
}


def power(base: np.ndarray, exponent: int, p: int) -> np.ndarray:
    """base^exponent modulo p, looked up in the table of all powers of that exponent, so that nothing overflows; 0^0 = 1."""
    table = np.array([pow(i, exponent, p) for i in range(p)])
    return table[base]


def _names(tree: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in LETTERS)


def _is_product(node: ast.expr) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.Constant(value=value):
            return value != 0
        case ast.BinOp(op=ast.Pow(), left=base, right=ast.Constant(value=int(exponent))):
            return exponent > 0 and _is_product(base)
        case ast.BinOp(op=ast.Mult() | ast.Div(), left=left, right=right):
            return _is_product(left) and _is_product(right)
        case _:
            return False
