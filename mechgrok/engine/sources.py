"""Source closures: the modules that a module reaches through its import statements, and a hash of their code.

Imports are read from the syntax tree, function-local and relative ones included, those under `if TYPE_CHECKING` left out. Modules of
mechgrok and modules of the user, for example beside a notebook, are followed; installed packages count by their version. The hash is of the
syntax tree without comments, docstrings, positions and `if TYPE_CHECKING` blocks.
"""

from __future__ import annotations

import ast
import importlib.metadata
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

from mechgrok.runs.store import digest

HOME = Path(__file__).resolve().parents[2]
_EDGES: dict[str, tuple[str, ...]] = {}
_INSTALLED = tuple({Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


@dataclass(frozen=True)
class Code:
    """The code of one module: its hash, and the names that it imports as candidates for modules."""

    digest: str
    imports: tuple[tuple[str, ...], ...]
    """One entry an imported name: the module that it may be, then the module that it may be defined in."""


class Sources:
    """Source closures, with the modules of mechgrok read below the folder `home`."""

    def __init__(self, home: Path = HOME) -> None:
        self._home = home
        self._place = cache(self._found)
        self._edges = cache(self._known_edges)
        self.closure = cache(self._closure)

    def has(self, module: str) -> bool:
        """Whether a module is followed, and so counts by its source."""
        return self._place(module) is not None

    def digest(self, modules: Iterable[str]) -> str:
        """A hash of the code of some modules, whatever their order; installed ones count by their version."""
        return digest("\n".join(f"{module} {self._version(module)}" for module in sorted(set(modules))).encode())

    def _version(self, module: str) -> str:
        path = self._place(module)
        return _read(module, path, self._stamp(path)).digest if path else installed_version(module)

    def _stamp(self, path: Path) -> tuple[int, int]:
        """The age of a file of the user, which may be reloaded; code of mechgrok stays as it was when it was read first."""
        found = path.stat()
        return (0, 0) if path.is_relative_to(HOME / "mechgrok") else (found.st_mtime_ns, found.st_size)

    def _closure(self, module: str) -> frozenset[str]:
        """A module and all that it reaches: names of followed modules, and top-level names of installed packages."""
        reached, todo = set[str](), [module]
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                todo += self._edges(name)
        return frozenset(reached)

    def _known_edges(self, module: str) -> tuple[str, ...]:
        """What a module imports; of the modules that run here, which stay as they were read first, found once a process."""
        if self._home != HOME or not module.startswith("mechgrok."):
            return tuple(self._imported(module))
        if module not in _EDGES:
            _EDGES[module] = tuple(self._imported(module))
        return _EDGES[module]

    def _imported(self, module: str) -> Iterator[str]:
        path = self._place(module)
        if path is None:
            return
        own = not module.startswith("mechgrok.")
        for candidates in _read(module, path, self._stamp(path)).imports:
            found = next((name for name in candidates if self._place(name)), None)
            if found:
                yield found
            elif own and (top := candidates[-1].partition(".")[0]) not in sys.stdlib_module_names:
                # The packages that mechgrok itself uses are among the software of every stamp.
                yield top

    def _found(self, module: str) -> Path | None:
        """The file of a followed module; None for others, and for names that are no modules."""
        top, *rest = module.split(".")
        root = self._home if top == "mechgrok" else _root(top)
        if root is None:
            return None
        place = root.joinpath(top, *rest)
        files = [place / "__init__.py", place.with_name(f"{place.name}.py")]
        return next((file for file in files if file.is_file()), None)


@cache
def _root(top: str) -> Path | None:
    """The folder that holds a package or module of the user; None for installed ones and for what cannot be found."""
    if top in sys.stdlib_module_names or top == "__main__":
        return None
    spec = PathFinder.find_spec(top)
    places = [*(spec.submodule_search_locations or []), *filter(None, [spec.origin])] if spec else []
    place = Path(places[0]).resolve() if places else None
    return None if place is None or is_installed(place) else place.parent


def is_installed(path: Path) -> bool:
    """Whether a file lies among the installed packages or in the standard library."""
    return "site-packages" in path.parts or "dist-packages" in path.parts or any(map(path.is_relative_to, _INSTALLED))


@cache
def installed_version(module: str) -> str:
    """The version of the distribution that holds an installed module; empty where there is none."""
    names = importlib.metadata.packages_distributions().get(module.partition(".")[0], [])
    return " ".join(f"{name} {importlib.metadata.version(name)}" for name in sorted(set(names)))


@lru_cache(maxsize=1024)
def _read(module: str, path: Path, stamp: tuple[int, int]) -> Code:
    tree = ast.parse(path.read_bytes())
    imports = list[ast.Import | ast.ImportFrom]()
    tree.body = _bare(tree.body, imports)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names = {each for statement in imports for each in _names(statement, package)}
    return Code(digest(ast.dump(tree).encode()), tuple(sorted(names)))


def _bare(body: list[ast.stmt], imports: list[ast.Import | ast.ImportFrom]) -> list[ast.stmt]:
    """Statements without docstrings and without what is there for the type checker alone; collects the imports among them."""
    kept = list[ast.stmt]()
    for statement in body:
        if _is_text(statement):
            continue
        if isinstance(statement, ast.If) and ast.unparse(statement.test).rpartition(".")[2] == "TYPE_CHECKING":
            kept += _bare(statement.orelse, imports)
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports.append(statement)
        for part in (statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            for name in ("body", "orelse", "finalbody"):
                if getattr(part, name, None):
                    setattr(part, name, _bare(getattr(part, name), imports))
        kept.append(statement)
    return kept


def _is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring, of an attribute too: a text that stands alone."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def _names(statement: ast.Import | ast.ImportFrom, package: str) -> Iterator[tuple[str, ...]]:
    if isinstance(statement, ast.Import):
        yield from ((alias.name,) for alias in statement.names)
        return
    parts = package.split(".")
    above = parts[: len(parts) - statement.level + 1] if statement.level else []
    base = ".".join([*above, *filter(None, [statement.module])])
    yield from ((f"{base}.{alias.name}", base) for alias in statement.names)
