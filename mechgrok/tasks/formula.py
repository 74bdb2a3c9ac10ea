"""Formulas in a few operands, read without running them, computed exactly modulo p.

The language: the operands a to e, whole numbers, + - * /, powers (** or ^) with a whole number from 0, brackets, and
`x if odd(b) else y` with odd(...) or even(...) of one operand, by its number in 0 .. p-1.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

LETTERS = "abcde"
LONGEST = 200
"""Characters of a formula."""
_POLYNOMIAL = (ast.Constant, ast.Name, ast.UnaryOp, ast.BinOp)
"""The pieces of a formula that are polynomials of their parts; a quotient is a BinOp that is none."""

Values = tuple[np.ndarray, np.ndarray]
"""The value of every row (n,), and whether it has one (n,): a quotient by 0 has none."""
Compute = Callable[[np.ndarray, int], Values]
"""From operands (n, operands) and p to the values modulo p."""
Operator = Callable[[Values, Values, int], Values]
"""From the values of both sides and p to those of a sum, difference, product or quotient."""


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula that has been read."""

    text: str
    tree: ast.expr
    at: Compute
    """Its values modulo p at rows of operands (n, operands); p must be prime where it divides."""

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
        pieces = [node for node in ast.walk(self.tree) if isinstance(node, ast.expr)]
        return not self.divides and all(isinstance(piece, _POLYNOMIAL) for piece in pieces)

    def named(self, names: Sequence[str]) -> str:
        """The formula as Python writes it with other names for a, b, ..."""
        return ast.unparse(_Renamed(dict(zip(LETTERS, names, strict=False))).visit(ast.parse(self.text, mode="eval")))


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


@cache
def parse(text: str) -> Formula:
    """Reads a formula. Raises ValueError, whose one line quotes the place, for anything outside the language."""
    python = text.strip().replace("^", "**")
    if not python or len(python) > LONGEST:
        raise ValueError(f"a formula such as a**3 + a*b is wanted, of at most {LONGEST} characters; this one has {len(python)}")
    try:
        tree = ast.parse(python, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = f" near {python[max(0, error.offset - 2) :][:8]!r}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ValueError(f"{text!r} is no formula{at}; write it like a**3 + 2*a*b") from None
    return Formula(ast.unparse(tree), tree, _compiled(tree, python))


def _compiled(node: ast.AST, text: str) -> Compute:
    """How a piece of a formula is computed: one case for each construct of the language. Raises ValueError for any other piece."""
    match node:
        case ast.Constant(value=value) if type(value) is int:
            return lambda operands, p: (np.full(len(operands), value % p), np.ones(len(operands), dtype=bool))
        case ast.Name(id=name) if name in tuple(LETTERS):
            return lambda operands, p: (operands[:, LETTERS.index(name)] % p, np.ones(len(operands), dtype=bool))
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=piece):
            return _signed(_compiled(piece, text), -1 if isinstance(sign, ast.USub) else 1)
        case ast.BinOp(op=ast.Pow(), left=base, right=ast.Constant(value=exponent)) if type(exponent) is int:
            return _power(_compiled(base, text), exponent)
        case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _OPERATORS:
            return _binary(_OPERATORS[type(operator)], _compiled(left, text), _compiled(right, text))
        case ast.IfExp(test=ast.Call(func=ast.Name(id="odd" | "even" as parity), args=[ast.Name() as tested], keywords=[])):
            return _choice(parity, _compiled(tested, text), _compiled(node.body, text), _compiled(node.orelse, text))
        case _:
            raise ValueError(f"{text!r}: {_complaint(node, text)}")


def _complaint(node: ast.AST, text: str) -> str:
    """The reason why a piece is not part of the language."""
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


def _signed(compute: Compute, sign: int) -> Compute:
    def signed(operands: np.ndarray, p: int) -> Values:
        values, defined = compute(operands, p)
        return sign * values % p, defined

    return signed


def _power(compute: Compute, exponent: int) -> Compute:
    def raised(operands: np.ndarray, p: int) -> Values:
        values, defined = compute(operands, p)
        return power(values, exponent, p), defined

    return raised


def _binary(operator: Operator, left: Compute, right: Compute) -> Compute:
    return lambda operands, p: operator(left(operands, p), right(operands, p), p)


def _choice(parity: str, tested: Compute, body: Compute, other: Compute) -> Compute:
    """`body` where the number of an operand in 0 .. p-1 is odd (even), else `other`; the other branch need not have a value."""

    def chosen(operands: np.ndarray, p: int) -> Values:
        where = tested(operands, p)[0] % 2 == (parity == "odd")
        values, defined = (np.where(where, one, two) for one, two in zip(body(operands, p), other(operands, p), strict=True))
        return values, defined

    return chosen


def _quotient(left: Values, right: Values, p: int) -> Values:
    return left[0] * _powers(-1, p)[right[0]] % p, left[1] & right[1] & (right[0] != 0)


_OPERATORS: dict[type[ast.operator], Operator] = {
    ast.Add: lambda left, right, p: ((left[0] + right[0]) % p, left[1] & right[1]),
    ast.Sub: lambda left, right, p: ((left[0] - right[0]) % p, left[1] & right[1]),
    ast.Mult: lambda left, right, p: (left[0] * right[0] % p, left[1] & right[1]),
    ast.Div: _quotient,
}


def power(base: np.ndarray, exponent: int, p: int) -> np.ndarray:
    """base^exponent modulo p, looked up in the table of all powers of that exponent, so that nothing overflows; 0^0 = 1."""
    return _powers(exponent, p)[base]


@lru_cache(maxsize=64)
def _powers(exponent: int, p: int) -> np.ndarray:
    """i^exponent modulo p for i = 0 .. p - 1 (p,); 0 for 0^-1."""
    return np.array([pow(i, exponent, p) if i or exponent >= 0 else 0 for i in range(p)])


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
