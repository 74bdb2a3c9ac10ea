"""The code that a module rests on: its import closure, hashed as syntax trees, so that comments and docstrings do not count.

A module leads to what it imports anywhere, inside functions too, except under `if TYPE_CHECKING`. The closure is followed inside mechgrok
and into files of the user; libraries count by their version.
`mechgrok.plots` is left out: figures are drawn from stored tables and change none of their numbers.
"""

from __future__ import annotations

import ast
import importlib.metadata
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from importlib.metadata import entry_points
from pathlib import Path

from mechgrok import discovery
from mechgrok.discovery import PartFolder
from mechgrok.runs.store import digest

Locate = Callable[[str], Path | None]
"""The file of a module by its dotted name; None for what is not followed."""
_PACKAGE = "mechgrok"
_DRAWING = f"{_PACKAGE}.plots"
_STANDARD = Path(sysconfig.get_path("stdlib")).resolve()
_STARTED = time.time()


class UnknownContentError(Exception):
    """Code or data whose content is not known, so that a later change of it could not be noticed."""


@dataclass(frozen=True)
class Source:
    """One file: a digest of its code, and the dotted names that it may import, modules and what is in them alike."""

    code: str
    names: tuple[str, ...]


def closure(modules: Iterable[str], locate: Locate) -> dict[str, Source]:
    """The modules, and all that they import in turn, by name; what `locate` does not find is left out."""
    found: dict[str, Source] = {}
    todo = list(modules)
    while todo:
        name = todo.pop()
        if name not in found and (path := locate(name)) is not None:
            found[name] = read(name, path)
            todo += found[name].names
    return found


def closure_digest(modules: Iterable[str], locate: Locate) -> str:
    """One digest of the code of a closure."""
    found = closure(modules, locate)
    return digest("".join(f"{name} {found[name].code}\n" for name in sorted(found)).encode())


def installed_digest(modules: Iterable[str]) -> str:
    """The digest of modules as installed here: mechgrok and the user's files by closure, libraries by version.

    Raises UnknownContentError where a version is unknown.
    """
    named = sorted(set(modules))
    versions = [f"{name} {version(name.split('.')[0])}" for name in named if locate_installed(name) is None]
    return digest("\n".join([closure_digest(named, locate_installed), *versions]).encode())


@cache
def defining(folder: PartFolder, kind: str | None) -> str | None:
    """The module that defines a kind of config part, found in the source so that nothing is imported; None where it is not mechgrok's.

    A part of another distribution counts by the distribution's version, through its module, which discovery imports.
    """
    package = f"{_PACKAGE}.{folder}"
    for path in sorted(Path(__file__).parents[1].joinpath(*folder.split(".")).glob("*.py")):
        if kind in _kinds(ast.parse(path.read_bytes())):
            return f"{package}.{path.stem}"
    found = discovery.kinds(folder).get(str(kind)) if entry_points(group=package) else None
    return found.__module__ if found else None


def _kinds(tree: ast.Module) -> set[object]:
    """The values of `kind: ... = "value"` in the classes of a module."""
    bodies = [statement for node in tree.body if isinstance(node, ast.ClassDef) for statement in node.body]
    fields = [each for each in bodies if isinstance(each, ast.AnnAssign) and getattr(each.target, "id", "") == "kind"]
    return {each.value.value for each in fields if isinstance(each.value, ast.Constant)}


def read(name: str, path: Path) -> Source:
    """The source of a module's file."""
    return _parsed(name, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _parsed(name: str, path: Path, changed: int) -> Source:
    tree = ast.parse(path.read_bytes())
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    names = tuple(dict.fromkeys(_imported(tree, package)))
    return Source(digest(ast.dump(_without_docstrings(tree)).encode()), names)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    """The names that a tree imports, from top to bottom."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from _imported_from(node, package)
    for child in ast.iter_child_nodes(node):
        if not _type_only(node, child):
            yield from _imported(child, package)


def _imported_from(node: ast.ImportFrom, package: str) -> Iterator[str]:
    parent = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
    origin = ".".join(part for part in (parent if node.level else "", node.module or "") if part)
    yield origin
    yield from (f"{origin}.{alias.name}" for alias in node.names)


def _type_only(node: ast.AST, child: ast.AST) -> bool:
    """Whether a child of a node runs for a type checker alone: the body of `if TYPE_CHECKING`, not its `else`."""
    if not isinstance(node, ast.If) or child not in node.body:
        return False
    return "TYPE_CHECKING" in (getattr(node.test, "id", ""), getattr(node.test, "attr", ""))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """The tree with every bare string removed; a string that is no one's value computes nothing."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_bare_string(each)]  # type: ignore[attr-defined]
    return tree


def _is_bare_string(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def locate_below(root: Path) -> Locate:
    """Finds modules of mechgrok in a folder that holds the package, without importing anything."""

    def locate(name: str) -> Path | None:
        if name.split(".")[0] != _PACKAGE or _draws(name):
            return None
        return _file(root.joinpath(*name.split(".")))

    return locate


def _file(place: Path) -> Path | None:
    """The file of the module or package at a place."""
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def locate_installed(name: str) -> Path | None:
    """The file of a module of mechgrok, or of the user's own; None for libraries and for names that are no module.

    Raises UnknownContentError for a file of the user's that was changed while this process ran: it may have been imported before.
    """
    if name.split(".")[0] == _PACKAGE:
        return _here(name)
    path = _own(name)
    if path is not None and path.stat().st_mtime > _STARTED:
        raise UnknownContentError(f"{path.name} was changed after it may have been imported")
    return path


_here = cache(locate_below(Path(__file__).parents[2]))


def _draws(name: str) -> bool:
    return name == _DRAWING or name.startswith(f"{_DRAWING}.")


@cache
def _own(name: str) -> Path | None:
    """The file of a module that is neither built in nor installed as a library."""
    path = _loaded(name) or _unloaded(name)
    return path.resolve() if path is not None and path.suffix == ".py" and path.is_file() and not _is_library(path.resolve()) else None


def _loaded(name: str) -> Path | None:
    found = getattr(sys.modules.get(name), "__file__", None)
    return Path(found) if found else None


def _unloaded(name: str) -> Path | None:
    """Found on `sys.path`, or below the user's own package, so that nothing is imported."""
    top, *inner = name.split(".")
    if not inner:
        found = PathFinder.find_spec(top)
        return Path(found.origin) if found and found.origin else None
    package = _own(top)
    return None if package is None or package.name != "__init__.py" else _file(package.parent.joinpath(*inner))


def _is_library(path: Path) -> bool:
    return path.is_relative_to(_STANDARD) or bool({"site-packages", "dist-packages"} & set(path.parts))


@cache
def version(top: str) -> str:
    """The version of a library by its top-level module. Raises UnknownContentError."""
    if top in sys.stdlib_module_names:
        return sys.version
    packages = _distributions().get(top)
    if not packages:
        raise UnknownContentError(f"the version of {top} is unknown")
    return importlib.metadata.version(packages[0])


@cache
def _distributions() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()
