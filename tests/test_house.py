"""The rules of the house, as tests."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from kinds_of_runs import RUNS

ROOT = Path(__file__).resolve().parents[1]
CHECKS = ["ruff check .", "ruff format --check .", "mypy mechgrok", "lint-imports"]


@pytest.mark.parametrize("command", [pytest.param(each, marks=pytest.mark.long if "mypy" in each else ()) for each in CHECKS])
def test_check_passes(command):
    program, *words = command.split()
    done = subprocess.run([Path(sys.executable).parent / program, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_make_check_runs_the_same():
    assert [line for line in (ROOT / "scripts" / "check").read_text().splitlines() if line in CHECKS] == CHECKS


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_works_alone(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "import mechgrok, mechgrok.analysis as a; print(mechgrok.__file__); print(*a.analyses())"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    where, names = done.stdout.splitlines()
    assert where.startswith(str(tmp_path)), done.stderr
    assert "nanda2023" in names.split()


def test_the_wheel_holds_templates_and_analyses_and_one_package(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    templates = {path.name for path in (ROOT / "mechgrok" / "report" / "templates").iterdir()}
    assert {Path(name).name for name in names if "/templates/" in name} >= templates
    assert "mechgrok/_analyses/nanda2023.py" in names
    assert "mechgrok/_notebooks/02_finding_the_circuit.ipynb" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"mechgrok"}


def test_no_file_is_named_after_nothing():
    assert not [path for path in (ROOT / "mechgrok").rglob("*.py") if path.stem in {"utils", "helpers", "common", "misc"}]


def test_files_and_functions_stay_small():
    sources = {path: path.read_text() for path in (ROOT / "mechgrok").rglob("*.py")}
    assert not [path for path, text in sources.items() if len(text.splitlines()) > 300]
    lengths = sorted(
        node.end_lineno - node.lineno
        for text in sources.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.end_lineno
    )
    assert lengths[len(lengths) // 2] <= 10
    assert lengths[int(0.9 * len(lengths))] <= 35


MOST = 21
"""Modules of one folder."""


def test_no_folder_holds_more_than_21_modules():
    folders = {path.parent for path in (ROOT / "mechgrok").rglob("*.py")}
    counts = {str(folder.relative_to(ROOT)): sum(path.name != "__init__.py" for path in folder.glob("*.py")) for folder in folders}
    assert {folder: count for folder, count in counts.items() if count > MOST} == {}


def test_the_folders_of_tests_are_those_of_what_they_test():
    mirrored = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(folder) for folder in sorted(mirrored) if not (ROOT / "mechgrok" / folder).is_dir() and not (ROOT / folder).is_dir()] == []


def test_readme_and_guides_name_commands_and_measures_that_exist():
    from mechgrok.cli import COMMANDS
    from mechgrok.engine.registry import measures

    texts = {page.stem: page.read_text() for page in (ROOT / "README.md", *(ROOT / "docs" / "guides").glob("*.md"))}
    code = "\n".join(part for text in texts.values() for part in _code(text))
    assert set(re.findall(r"mechgrok ([a-z]+)\b", code)) <= set(COMMANDS)
    table = re.search(r"\| question \| measures \|.*?\n\n", texts["measures"], re.DOTALL)
    assert table
    assert sorted(re.findall(r"\[`([\w-]+)`\]", table[0])) == sorted(measures())


def test_readme_describes_the_demo_that_there_is():
    from mechgrok.training.presets import PRESETS

    demo, text = PRESETS["demo"].config, " ".join((ROOT / "README.md").read_text().split())
    assert f"addition modulo {demo.task.p}: {demo.split.fraction:.0%}".replace("%", " %") in text
    assert f"weight decay {demo.optimizer.weight_decay:g}" in text
    assert f"{demo.training.steps:,} steps".replace(",", " ") in text


def test_what_the_docs_link_to_is_there():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def _code(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text) + re.findall(r"```\n(.*?)```", text, re.DOTALL)


def test_every_measure_has_a_test_file_that_names_it_and_asserts():
    from mechgrok.engine.registry import measures

    def tested(name: str, measure: type) -> bool:
        *_, family, stem = measure.__module__.split(".")
        page = ROOT / "tests" / "measures" / family / f"test_{stem}.py"
        text = page.read_text() if page.is_file() else ""
        return "assert " in text and (f'"{name}"' in text or f"{measure.__name__}(" in text)

    assert [name for name, measure in measures().items() if not tested(name, measure)] == []


def test_every_trap_names_a_test_that_is_there():
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", (ROOT / "docs" / "traps.md").read_text())
    assert len(named) > 10
    assert [test for page, test in named if f"def {test}(" not in (ROOT / page).read_text()] == []


def test_the_generated_pages_are_what_the_code_gives():
    sys.path.insert(0, str(ROOT / "docs"))
    import build

    pages = build.pages()
    assert [place.name for place, text in pages.items() if not place.is_file() or place.read_text() != text] == []
    assert set((ROOT / "docs" / "measures").glob("*.md")) == {place for place in pages if place.parent.name == "measures"}


def test_measures_that_apply_to_addition_have_a_figure_and_those_with_a_figure_apply(tmp_path):
    from mechgrok.engine.registry import measures
    from mechgrok.runs.run import open_run

    def applying(*kinds):
        runs = [open_run(RUNS[kind](tmp_path / f"{kind} of {len(kinds)}")) for kind in kinds]
        return {name for name, measure in measures().items() if any(measure().obstacle(run) is None for run in runs)}

    figures = {path.stem for path in (ROOT / "docs" / "measures" / "figures").glob("*.png")}
    assert applying("odd") <= figures <= applying("odd", "corrupted")
