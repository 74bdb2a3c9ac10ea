"""No file imports itself through others. Imports for types alone and imports inside functions count."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def imports(root: Path, package: str) -> dict[str, set[str]]:
    """The modules of a package, and which others of them each one imports anywhere in its file."""
    files = {_name(path.relative_to(root)): path for path in (root / package).rglob("*.py")}
    return {name: set(_imported(path, name, files)) - {name} for name, path in files.items()}


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of two or more nodes that can all be reached from each other."""
    below = {node: _reached(graph, node) for node in graph}
    groups = {frozenset(other for other in below[node] if node in below[other]) for node in graph if node in below[node]}
    return sorted(sorted(group) for group in groups)


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, name: str, files: Mapping[str, Path]) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports are not read here"
            found += [f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in files else str(node.module) for alias in node.names]
    return [module for module in found if module in files]


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += graph[node]
    return reached


def test_no_file_imports_itself_through_others() -> None:
    graph = imports(ROOT, "mechgrok")
    assert len(graph) > 400
    assert circles(graph) == []


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "house" / "room").mkdir(parents=True)
    for name, text in {
        "__init__.py": "",
        "one.py": "def f():\n    from house.room import two\n",
        "room/__init__.py": "",
        "room/two.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import house.three\n",
        "three.py": "from house.one import f\nimport os\n",
        "four.py": "from house.one import f\n",
    }.items():
        (tmp_path / "house" / name).write_text(text)
    graph = imports(tmp_path, "house")
    assert graph["house.three"] == {"house.one"}
    assert circles(graph) == [["house.one", "house.room.two", "house.three"]]
