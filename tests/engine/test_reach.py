"""An edit makes the results stale that rest on the edited code, and no others."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grimp
import pytest

from mechgrok.discovery import kinds
from mechgrok.engine import reach, registry
from mechgrok.engine.sources import HOME, Sources

ALL = set(registry.measures())
CURVES = {"delay-area", "grok-times", "phase-boundaries", "post-grok-stability", "slingshots"}
ABLATIONS = {"attention-ablation", "component-ablation", "frequency-ablation", "linear-attention-loss", "neuron-replacement"}
EDITS = [
    ("maths/landscape/langevin.py", {"influence", "learning-coefficient", "susceptibility"}),
    ("maths/landscape/sharpness.py", {"sharpness"}),
    ("maths/algebra/young.py", {"character-cosines", "irrep-restricted-loss", "irrep-shares"}),
    ("maths/curves/crossings.py", {"grok-times", "post-grok-stability", "slingshots"}),
    ("maths/harmonic/fourier.py", ALL),
    ("data/splits/designed.py", {"internalisation", "gradient-alignment"}),
    ("data/corruptions/uniform.py", set()),
    ("tasks/modular.py", ALL),
    ("tasks/alias_tables/integer_phases.py", {"alias-phases"}),
    ("tasks/group.py", {"character-cosines", "coset-concentration", "irrep-restricted-loss", "irrep-shares"}),
    ("models/transformer.py", ALL),
    ("models/lstm.py", set()),
    ("models/forward/fast_forward.py", ALL),
    ("models/forward/plain_forward.py", ALL),
    ("runs/snapshot.py", ALL),
    ("runs/grid.py", ALL),
    ("runs/by_task.py", set()),
    ("training/batches.py", {*CURVES, "trajectory-pca"}),
    ("training/staged_batches.py", {"internalisation", "gradient-alignment"}),
    ("training/evaluation/subsets.py", {*ABLATIONS, "anomaly-removal", "fourier-families", "ipr-pruning", "projection-loss"}),
    ("training/loop.py", set()),
    ("training/presets/demo.py", set()),
    ("measures/frequencies/gini.py", {"gini"}),
    ("measures/base/readings.py", {*CURVES, "trajectory-pca"}),
    ("plots/lines.py", set()),
    ("engine/work.py", set()),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, which every test leaves as it was."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(HOME / "mechgrok", folder / "mechgrok", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run_of(task: str = "modular", model: str = "transformer") -> Any:
    return SimpleNamespace(stored_config={"task": {"kind": task}, "model": {"kind": model}})


def hashes(home: Path, run: Any) -> dict[str, str | None]:
    sources = Sources(home)
    return {name: sources.digest(reach.modules(kind, run, sources)) for name, kind in registry.measures().items()}


def stale_after(home: Path, path: str, edit: Any, run: Any) -> set[str]:
    before, file = hashes(home, run), home / "mechgrok" / path
    text = file.read_text()
    file.write_text(edit(text))
    after = hashes(home, run)
    file.write_text(text)
    return {name for name, found in after.items() if found != before[name]}


def with_a_statement(text: str) -> str:
    """The last function of a file with one more statement, or a file of values alone with one more value."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    lines = text.splitlines(keepends=True)
    if not functions:
        return f"{text}\nEDITED = 1\n"
    last = functions[-1].body[-1]
    lines.insert(last.end_lineno or 0, f"{' ' * last.col_offset}edited = 1\n")
    return "".join(lines)


@pytest.mark.parametrize(("path", "expected"), EDITS, ids=[path for path, _ in EDITS])
def test_an_edited_function_makes_stale_what_rests_on_it(home: Path, path: str, expected: set[str]) -> None:
    assert stale_after(home, path, with_a_statement, run_of()) == expected


@pytest.mark.parametrize(
    ("path", "task", "model", "expected"),
    [
        ("tasks/modular.py", "group", "transformer", set()),
        ("tasks/group.py", "group", "transformer", ALL),
        ("models/lstm.py", "modular", "lstm", ALL),
        ("models/transformer.py", "modular", "lstm", set()),
    ],
)
def test_of_tasks_and_models_the_kind_of_the_run_counts(home: Path, path: str, task: str, model: str, expected: set[str]) -> None:
    assert stale_after(home, path, with_a_statement, run_of(task, model)) == expected


@pytest.mark.parametrize("path", ["maths/landscape/langevin.py", "runs/snapshot.py", "tasks/modular.py", "training/batches.py"])
def test_comments_and_docstrings_make_nothing_stale(home: Path, path: str) -> None:
    def edit(text: str) -> str:
        assert '"""' in text
        return "# a comment\n\n" + text.replace('"""', '"""Edited. ', 1).replace("\ndef ", "\n# another\ndef ")

    assert stale_after(home, path, edit, run_of()) == set()


def test_what_the_type_checker_alone_sees_makes_nothing_stale(home: Path) -> None:
    edit = "if TYPE_CHECKING:\n    from mechgrok.training import loop\n"
    assert stale_after(home, "runs/snapshot.py", lambda text: text.replace("if TYPE_CHECKING:\n", edit, 1), run_of()) == set()


def test_closures_are_those_of_another_tool() -> None:
    graph = grimp.build_graph("mechgrok", exclude_type_checking_imports=True, cache_dir=None)
    sources = Sources()
    for kind in registry.measures().values():
        roots = {kind.__module__, "mechgrok.runs.run", "mechgrok.tasks.k_wise", "mechgrok.models.mlp"}
        expected = roots.union(*map(graph.find_upstream_modules, roots))
        found = reach.modules(kind, run_of("k-wise", "mlp"), sources)
        assert found == {name for name in expected if not name.startswith(reach.BESIDE)}, kind.name


def test_function_local_relative_and_package_imports_are_followed(home: Path) -> None:
    (home / "mechgrok" / "maths" / "made.py").write_text(
        "def f():\n    from ..maths import curves, absent\n    from .statistics.ranks import x\n    import mechgrok.maths.curves.episodes\n"
    )
    assert {name.removeprefix("mechgrok.") for name in Sources(home).closure("mechgrok.maths.made")} == {
        *("maths.made", "maths.curves", "maths", "maths.statistics.ranks", "maths.curves.episodes")
    }


@pytest.mark.parametrize(("part", "folder"), [("task", "tasks"), ("model", "models")])
def test_every_kind_of_task_and_model_counts_by_its_own_module(part: str, folder: Any) -> None:
    for kind, found in kinds(folder).items():
        run = run_of(**{part: kind})
        assert found.__module__ in reach.modules(registry.measures()["gini"], run, Sources()), kind


def test_no_table_depends_on_how_it_is_drawn() -> None:
    """Figures are left out of the source, so `compute` must not use what draws them."""
    for kind in registry.measures().values():
        tree = ast.parse(Path(HOME, *kind.__module__.split(".")).with_suffix(".py").read_text())
        drawing = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mechgrok.plots")
            for alias in node.names
        }
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        reached, todo = set(), ["compute"]
        while todo:
            name = todo.pop()
            if name in functions and name not in reached:
                reached.add(name)
                inside = list(ast.walk(functions[name]))
                used = {each.id for each in inside if isinstance(each, ast.Name)} | {
                    each.attr for each in inside if isinstance(each, ast.Attribute) and getattr(each.value, "id", "") == "self"
                }
                assert not used & drawing, f"{kind.name}: {name}"
                todo += used
