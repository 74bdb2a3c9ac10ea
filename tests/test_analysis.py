"""The analyses that ship: declarative, and about measures that exist."""

from __future__ import annotations

import ast
from hashlib import sha256
from pathlib import Path

import pytest

from mechgrok import analysis as module
from mechgrok.analysis import DEFAULT, analyses, analysis, grid, suited
from mechgrok.engine import registry
from mechgrok.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "analyses").glob("*.py"))


def test_every_file_is_an_analysis_of_its_name() -> None:
    assert list(analyses()) == [path.stem for path in FILES]


@pytest.mark.parametrize("name", analyses())
def test_its_measures_exist_and_come_once(name: str) -> None:
    measures = analysis(name).measures
    assert [registry.parse(measure).label for measure in measures] == list(measures)
    assert len(measures) == len(set(measures))


@pytest.mark.parametrize("name", analyses())
def test_everything_is_said(name: str) -> None:
    found = analysis(name)
    assert "arXiv" in found.source
    assert all(text.strip() for text in (found.title, found.text))
    assert all(panel.title.strip() and panel.text.strip() and panel.measures for panel in found.panels)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_declarative(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    imported = [node.module for node in body if isinstance(node, ast.ImportFrom)]
    assert imported == ["mechgrok.analysis"]
    assert {type(node) for node in body} <= {ast.Expr, ast.ImportFrom, ast.Assign}


def test_the_default_asks_each_measure_once_and_for_the_paper_s_progress_measures() -> None:
    asked = analysis(DEFAULT).measures
    assert len(set(asked)) == len(asked)
    assert [registry.parse(label).label for label in asked] == list(asked)
    assert {"loss", "restricted-loss", "excluded-loss", "gini", "weight-norms", "key-frequencies", "phase-boundaries"} <= set(asked)


def test_everything_has_every_measure() -> None:
    assert sorted(analysis("everything").measures) == sorted(registry.measures())


def test_an_unknown_one_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean nanda2023"):
        analysis("nanda2032")


def test_the_table_of_contents_is_complete() -> None:
    contents = (ROOT / "analyses" / "README.md").read_text()
    assert all(path.name in contents for path in FILES)


def test_a_file_under_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other2020.py").write_text(FILES[0].read_text())
    monkeypatch.setattr(module, "_folder", lambda: tmp_path)
    analyses.cache_clear()
    try:
        with pytest.raises(UserError, match="must hold the analysis other2020"):
            analyses()
    finally:
        analyses.cache_clear()


@pytest.mark.long
def test_the_package_does_not_import_the_folder() -> None:
    statements = [node for path in (ROOT / "mechgrok").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    imported = [node.module or "" for node in statements if isinstance(node, ast.ImportFrom)]
    assert not [name for name in imported if name.split(".")[0] == "analyses"]


def test_a_task_on_a_group_is_asked_other_questions() -> None:
    assert suited("group").name == "chughtai2023"
    assert "character-cosines" in suited("group").measures
    assert suited("modular").name == suited("no such task").name == suited(None).name == DEFAULT


def test_a_run_with_corrupted_labels_is_asked_about_them() -> None:
    assert suited("modular", "fixed-rule").name == suited("modular", "uniform").name == "devon2024"
    assert suited("modular", "none").name == suited("modular", None).name == DEFAULT
    assert suited("group", "uniform").name == "chughtai2023"
    assert {"trigger-metrics", "anomaly-scores", "anomaly-controls", "ipr-pruning", "anomaly-removal"} <= set(
        analysis("devon2024").measures
    )


def test_no_task_has_two_analyses() -> None:
    claimed = [task for each in analyses().values() for task in each.tasks]
    assert len(claimed) == len(set(claimed))


TRIALS = {
    "furuta2024": (28, "f6503bd3c601f9ba"),
    "furuta2024_mixtures": (14, "06e492840a961657"),
    "krasheninnikov2023": (8, "263ede2af74912b1"),
    "oocl2024": (2, "f50ddaf41f4388c6"),
}
"""Number of trials, and a hash of their names and commands in order. Runs that were trained belong to these names and commands."""


@pytest.mark.parametrize("name", TRIALS)
def test_the_trials_of_a_study_keep_their_names_and_commands(name: str) -> None:
    study = analysis(name).study
    assert study is not None
    lines = [f"{trial.row}.{trial.column}: {trial.command}" for trial in study.trials]
    assert (len(lines), sha256("\n".join(lines).encode()).hexdigest()[:16]) == TRIALS[name]


def test_a_grid_has_every_row_with_every_column_where_it_is_asked_for() -> None:
    found = grid({"a": "--x 1", "b": ""}, {"one": "train p", "": "train q"}, lambda row, column: (row, column) != ("a", "one"))
    assert [(trial.name, trial.command) for trial in found] == [("a", "train q --x 1"), ("b.one", "train p"), ("b", "train q")]
