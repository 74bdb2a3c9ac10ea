"""Small changes to a piece of Python: what a mistake of the hand would make of it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
_PAIRS = [
    ("min", "max"),
    ("amin", "amax"),
    ("idxmin", "idxmax"),
    ("argmin", "argmax"),
    ("any", "all"),
    ("sin", "cos"),
    ("sum", "mean"),
    ("floor", "ceil"),
    ("minimum", "maximum"),
    ("head", "tail"),
    ("triu", "tril"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("real", "imag"),
]
SWAPPED = {**dict(_PAIRS), **{right: left for left, right in _PAIRS}}
REMOVABLE = {
    *(
        "abs",
        "square",
        "sqrt",
        "conj",
        "clamp",
        "clip",
        "double",
        "clone",
        "copy",
        "detach",
        "flip",
        "round",
        "dropna",
        "sort_values",
        "exp",
        "log",
    ),
    *("fillna", "reset_index", "drop_duplicates", "sorted", "transpose", "T", "mT", "H", "flatten", "item"),
}
DRAWING = ("plot", "figure", "caption")
Change = Callable[[Any], ast.AST]


@dataclass(frozen=True)
class Mutation:
    """One change: where it is, how it reads, and the changed module."""

    line: int
    before: str
    after: str
    tree: ast.Module


def mutations(source: str) -> Iterator[Mutation]:
    """Every mutation of a module, in the order of its text; docstrings, strings, types and drawing are left alone."""
    tree = ast.parse(source)
    for node in _code(tree):
        for change in _changes(node):
            after = change(copy.deepcopy(node))
            changed = copy.deepcopy(tree, {id(node): after})
            yield Mutation(node.lineno, _short(node), _short(after), ast.fix_missing_locations(changed))


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:100]


def _code(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """The parts of a module that compute: no annotation, no decorator, no error text, no drawing."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _left_alone(child):
                if isinstance(child, ast.expr | ast.stmt):
                    yield child
                yield from _code(child)


def _left_alone(node: ast.AST) -> bool:
    drawn = isinstance(node, ast.FunctionDef) and node.name.endswith(DRAWING)
    typing = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return drawn or typing or isinstance(node, ast.JoinedStr | ast.Raise | ast.Import | ast.ImportFrom)


def _changes(node: ast.expr | ast.stmt) -> list[Change]:
    """The changes that fit this node; each turns a copy of it into another node."""
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in OPERATORS:
            return [_other_operator]
        case ast.Compare() if len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
            return [_other_comparison]
        case ast.Compare():
            return [_turned_around]
        case ast.UnaryOp():
            return [lambda found: found.operand]
        case ast.Constant(value=bool()):
            return [lambda found: ast.Constant(not found.value, lineno=found.lineno)]
        case ast.Constant(value=int() | float()):
            return [lambda found: ast.Constant(found.value + 1, lineno=found.lineno)]
        case ast.If() | ast.IfExp() | ast.While() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            return [_other_condition]
        case ast.Slice():
            return [_bound_dropped(bound) for bound in ("lower", "upper") if getattr(node, bound)]
        case ast.Break():
            return [lambda found: ast.Continue(lineno=found.lineno)]
        case ast.Continue():
            return [lambda found: ast.Break(lineno=found.lineno)]
    return _changes_of_names(node)


def _changes_of_names(node: ast.expr | ast.stmt) -> list[Change]:
    """A call or an attribute swapped for its counterpart, or left out."""
    match node:
        case ast.Name(id="min" | "max" | "any" | "all" as name) | ast.Attribute(attr=name) if name in SWAPPED:
            return [_swapped]
        case ast.Call(func=ast.Attribute(attr=name), args=[]) | ast.Call(func=ast.Attribute(attr="clamp" | "clip" as name)) if (
            name in REMOVABLE
        ):
            return [lambda found: found.func.value]
        case ast.Call(func=ast.Name(id="abs" | "sorted" | "round"), args=[_, *_]):
            return [lambda found: found.args[0]]
        case ast.Attribute(attr="T" | "mT" | "H"):
            return [lambda found: found.value]
    return []


def _other_operator(node: Any) -> ast.AST:
    node.op = OPERATORS[type(node.op)]()
    return node


def _other_comparison(node: Any) -> ast.AST:
    node.ops = [OPERATORS[type(node.ops[0])]()]
    return node


def _turned_around(node: Any) -> ast.AST:
    return ast.UnaryOp(ast.Not(), node, lineno=node.lineno)


def _other_condition(node: Any) -> ast.AST:
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node


def _bound_dropped(bound: str) -> Change:
    def dropped(node: Any) -> ast.AST:
        setattr(node, bound, None)
        return node

    return dropped


def _swapped(node: Any) -> ast.AST:
    key = "id" if isinstance(node, ast.Name) else "attr"
    setattr(node, key, SWAPPED[getattr(node, key)])
    return node
