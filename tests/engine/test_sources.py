"""Which measures go stale when one module is edited: exactly those whose import closure holds it, counted by an independent route."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest
from made_runs import make_run

import mechgrok
from mechgrok.engine import sources, stamps
from mechgrok.engine.registry import measures
from mechgrok.runs.run import Run, open_run

PACKAGE = Path(mechgrok.__file__).parent


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(make_run(tmp_path_factory.mktemp("sources") / "run"))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGE, tmp_path / "mechgrok", ignore=shutil.ignore_patterns("__pycache__")))


def digests(root: Path, run: Run) -> dict[str, str]:
    """The digest of every measure's closure in a copy of the package."""
    locate = sources.locate_below(root.parent)
    return {name: sources.closure_digest(stamps.roots(measure, run), locate) for name, measure in measures().items()}


def stale(root: Path, run: Run, place: str, edit: Callable[[str], str]) -> set[str]:
    """The measures whose digest changes with an edit of one file, which is undone afterwards."""
    path, before = root / place, digests(root, run)
    text = path.read_text()
    path.write_text(edit(text))
    after = digests(root, run)
    path.write_text(text)
    return {name for name in before if before[name] != after[name]}


def with_a_function(text: str) -> str:
    return f"{text}\n\ndef added(x):\n    return x + 1\n"


def independent(run: Run, module: str) -> set[str]:
    """The measures that reach a module by grimp's import graph, which import-linter uses; plots cut off, as no table depends on them."""
    graph = grimp.build_graph("mechgrok", exclude_type_checking_imports=True)
    for drawing in [found for found in graph.modules if found.startswith("mechgrok.plots")]:
        graph.remove_module(drawing)
    reaching = graph.find_downstream_modules(module) | {module}
    return {name for name, measure in measures().items() if reaching & set(stamps.roots(measure, run))}


@pytest.mark.parametrize(
    "place",
    [
        "measures/base/basis.py",
        "measures/base/keyed.py",
        "measures/shared/diagonals.py",
        "measures/frequencies/gini.py",
        "maths/landscape/langevin.py",
        "maths/statistics/concentration.py",
        "maths/symmetries/equivariance.py",
        "maths/curves/crossings.py",
        "tasks/modular.py",
        "tasks/aliases.py",
        "tasks/expression.py",
        "data/splits/python_shuffle.py",
        "data/splits/designed.py",
        "models/transformer.py",
        "models/lstm.py",
        "models/forward/fast_forward.py",
        "models/forward/tail.py",
        "runs/snapshot.py",
        "runs/by_task.py",
        "training/evaluated_subsets.py",
        "training/batches.py",
        "training/staged_batches.py",
        "training/presets/demo.py",
        "training/optimizers/sgd.py",
        "config.py",
        "plots/lines.py",
        "engine/analyze.py",
    ],
)
def test_an_edit_makes_exactly_the_measures_stale_that_import_the_module(copied: Path, run: Run, place: str) -> None:
    found = stale(copied, run, place, with_a_function)
    module = "mechgrok." + place.removesuffix(".py").replace("/", ".")
    assert found == (set() if place.startswith(("plots/", "engine/")) else independent(run, module))


def test_what_is_known_to_use_a_module_goes_stale_and_nothing_else(copied: Path, run: Run) -> None:
    everything = set(measures())
    expected = {
        "maths/landscape/langevin.py": {"learning-coefficient"},
        "training/batches.py": {"delay-area", "grok-times", "phase-boundaries", "post-grok-stability", "slingshots", "trajectory-pca"},
        "training/staged_batches.py": {"internalisation", "gradient-alignment"},
        "training/presets/demo.py": set(),
        "training/optimizers/sgd.py": set(),
        "models/lstm.py": set(),
        "models/forward/fast_forward.py": everything,
        "tasks/modular.py": everything,
        "runs/snapshot.py": everything,
        "plots/lines.py": set(),
        "engine/analyze.py": set(),
    }
    assert {place: stale(copied, run, place, with_a_function) for place in expected} == expected
    assert {"anomaly-removal", "ipr-pruning", "frequency-ablation"} <= stale(copied, run, "training/evaluated_subsets.py", with_a_function)


def test_another_kind_of_network_goes_stale_with_its_own_source(copied: Path, run: Run) -> None:
    assert sources.defining("models", "lstm") == "mechgrok.models.lstm"
    assert sources.defining("tasks", "modular") == "mechgrok.tasks.modular"
    assert sources.defining("models", "none of these") is None


@pytest.mark.parametrize("place", ["maths/landscape/langevin.py", "runs/snapshot.py", "measures/base/measure.py", "tasks/modular.py"])
def test_comments_docstrings_and_layout_make_nothing_stale(copied: Path, run: Run, place: str) -> None:
    def reworded(text: str) -> str:
        return "# A comment.\n\n" + text.replace('"""', '"""Reworded: ', 1).replace("\n\n\n", "\n\n\n\n# Another comment.\n\n")

    assert stale(copied, run, place, reworded) == set()


def test_a_module_of_the_users_counts_by_what_it_imports(tmp_path: Path) -> None:
    places = {
        "mine": "import beside\n",
        "beside": "def f():\n    from below import g\n    return g()\n",
        "below": "g = int\n",
        "apart": "x = 1\n",
    }
    for name, text in places.items():
        (tmp_path / f"{name}.py").write_text(text)

    def locate(name: str) -> Path | None:
        path = tmp_path / f"{name}.py"
        return path if path.is_file() else None

    assert set(sources.closure(["mine"], locate)) == {"mine", "beside", "below"}


def test_relative_imports_and_type_checking(tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text(
        "from __future__ import annotations\n"
        "from . import beside\nfrom ..above import thing\nfrom .under import (a, b)\n"
        "if TYPE_CHECKING:\n    import typed\nelse:\n    import untyped\n"
        "try:\n    import tried\nexcept ImportError:\n    import caught\n"
    )
    names = set(sources.read("package.room.inner", tmp_path / "inner.py").names)
    assert {"package.room.beside", "package.above.thing", "package.room.under", "package.room.under.a"} <= names
    assert {"untyped", "tried", "caught"} <= names
    assert "typed" not in names
