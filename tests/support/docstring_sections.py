"""Docstrings in NumPy style: their sections, and what a docstring lacks of what its object has."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

SECTION = re.compile(r"^(?P<title>[A-Z]\w+)\n-{3,}$", re.MULTILINE)
Docs = dict[str, str]
"""The text of each section by its title."""


def sections(docstring: str | None) -> Docs:
    text = inspect.cleandoc(docstring or "")
    heads = list(SECTION.finditer(text))
    ends = [*(head.start() for head in heads), len(text)][1:]
    return {head["title"]: text[head.end() : end] for head, end in zip(heads, ends, strict=True)}


def entries(section: str) -> dict[str, str]:
    """Name -> type of the entries `name : type`; several names may share a line. The type is empty where it is left out."""
    lines = [line for line in section.splitlines() if line.strip() and not line.startswith(" ")]
    parts = [line.partition(" : ") for line in lines]
    return {name.strip().lstrip("*"): kind.strip() for names, _, kind in parts for name in names.split(",")}


def lacking(found: Any, *, example: bool) -> list[str]:
    """What a function or class does not document, one line each."""
    check = _of_class if inspect.isclass(found) else _of_function
    complaints = list(check(found))
    if example and "Examples" not in sections(found.__doc__):
        complaints.append("no Examples")
    return complaints


def _of_function(function: Callable[..., Any]) -> Iterator[str]:
    docs = sections(function.__doc__)
    signature = inspect.signature(function)
    yield from _compared("Parameters", docs, set(signature.parameters) - {"self", "cls"})
    if signature.return_annotation not in (None, "None", "NoReturn") and not {"Returns", "Yields"} & set(docs):
        yield "no Returns"
    yield from _raised(docs, ast.walk(_syntax(function)))


def _compared(title: str, docs: Docs, wanted: set[str]) -> Iterator[str]:
    documented = entries(docs.get(title, ""))
    yield from (f"{title} lacks {name}" for name in sorted(wanted - set(documented)))
    yield from (f"{title} has {name}, which is none" for name in sorted(set(documented) - wanted))
    yield from (f"{title}: {name} has no type" for name, kind in documented.items() if not kind)


def _raised(docs: Docs, nodes: Iterator[ast.AST]) -> Iterator[str]:
    """The exceptions that a body raises itself and its docstring does not list."""
    raised = [node.exc for node in nodes if isinstance(node, ast.Raise) and node.exc]
    names = {ast.unparse(each.func if isinstance(each, ast.Call) else each) for each in raised}
    yield from (f"Raises lacks {name}" for name in sorted(names - set(entries(docs.get("Raises", "")))) if name[0].isupper())


def _syntax(found: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(found)))).body[0]


def _of_class(found: type) -> Iterator[str]:
    docs, body = sections(found.__doc__), _syntax(found).body
    if not docs and not inspect.cleandoc(found.__doc__ or ""):
        yield "no docstring"
    yield from _fields(found, docs, body)
    yield from _constructed(found, docs, body)
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name in vars(found):
            yield from (f"{node.name}: {complaint}" for complaint in _of_method(found, node))


def _fields(found: type, docs: Docs, body: list[ast.stmt]) -> Iterator[str]:
    """Annotated names that a class adds to its bases and that neither Attributes nor Parameters nor a docstring beneath explains."""
    named = entries(docs.get("Attributes", "")) | entries(docs.get("Parameters", ""))
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not node.target.id.startswith("_"):
            beneath = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            inherited = any(_has(base, node.target.id) for base in found.__mro__[1:])
            if not (beneath or inherited) and node.target.id not in named:
                yield f"Attributes lacks {node.target.id}"
    yield from (f"Attributes has {name}, which is none" for name in entries(docs.get("Attributes", "")) if not _has(found, name))


def _has(found: type, name: str) -> bool:
    return name in dir(found) or any(name in getattr(base, "__annotations__", {}) for base in found.__mro__)


def _constructed(found: type, docs: Docs, body: list[ast.stmt]) -> Iterator[str]:
    """The arguments and exceptions of a constructor that is written out."""
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in ("__init__", "__post_init__"):
            yield from _raised(docs, ast.walk(node))
            if node.name == "__init__":
                yield from _compared("Parameters", docs, set(inspect.signature(found).parameters))


def _of_method(found: type, node: ast.FunctionDef) -> Iterator[str]:
    """A property or a method without arguments needs no sections but Raises; an override without a docstring has its base's."""
    docs = sections(ast.get_docstring(node))
    if ast.get_docstring(node) is None and any(getattr(base, node.name, None) is not None for base in found.__mro__[1:]):
        return
    arguments = {each.arg for each in (*node.args.args, *node.args.kwonlyargs)} - {"self", "cls"}
    if ast.get_docstring(node) is None:
        yield "no docstring"
    if arguments:
        yield from _compared("Parameters", docs, arguments)
        if node.returns is not None and ast.unparse(node.returns) != "None" and not {"Returns", "Yields"} & set(docs):
            yield "no Returns"
    yield from _raised(docs, ast.walk(node))
