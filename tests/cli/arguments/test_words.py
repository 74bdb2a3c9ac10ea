"""What the words after a command mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import make_run

from mechgrok.cli.arguments.words import only_runs, sort_words
from mechgrok.errors import UserError


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """runs/a and runs/b, a folder that is no run between them, and an empty folder."""
    monkeypatch.chdir(tmp_path)
    make_run(Path("runs/a"), steps=())
    make_run(Path("runs/b"), steps=())
    Path("runs/notes").mkdir()
    Path("empty").mkdir()
    return Path("runs")


def test_one_run_has_no_index(runs: Path) -> None:
    found = sort_words(["runs/a", "gini"])
    assert (found.runs, found.measures, found.index) == ((Path("runs/a"),), ("gini",), None)


def test_a_folder_of_runs_holds_the_index(runs: Path) -> None:
    found = sort_words(["runs"])
    assert (found.runs, found.index) == ((Path("runs/a"), Path("runs/b")), Path("runs/index.html"))


def test_runs_named_one_by_one_have_an_index_here(runs: Path) -> None:
    assert sort_words(["runs/b", "runs/a"]).index == Path("mechgrok-report/index.html")


def test_a_run_named_twice_is_one_run(runs: Path) -> None:
    assert sort_words(["runs", "runs/a"]).runs == (Path("runs/a"), Path("runs/b"))


def test_measures_may_have_fields_and_come_anywhere(runs: Path) -> None:
    found = sort_words(["restricted-loss(keys=[1, 2])", "runs/a", "gini"])
    assert found.measures == ("restricted-loss(keys=1,2)", "gini")


def test_a_folder_named_like_a_measure_is_no_run(runs: Path) -> None:
    Path("loss").mkdir()
    assert sort_words(["runs/a", "loss"]).measures == ("loss",)


def test_an_empty_folder_is_taken_for_a_run_which_it_is_not(runs: Path) -> None:
    assert sort_words(["empty"]).runs == (Path("empty"),)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name a run, or a folder of runs"),
        (["gini"], "name a run, or a folder of runs"),
        (["runs/a", "ginni"], "ginni is neither a folder nor a measure; did you mean gini?"),
        (["runs/c"], "there is no folder runs/c; give runs, folders of runs, and measures$"),
        (["nowhere"], "nowhere is neither a folder nor a measure; see mechgrok list measures$"),
        (["runs/a", "gimmick"], "gimmick is neither a folder nor a measure; see mechgrok list measures$"),
        (["runs/a", "pca"], "did you mean trajectory-pca?"),
        (["runs/a", "restricted-loss(keys=a)"], "restricted-loss: keys=a: Input should be 'last' or 'own', or integers such as 1,2$"),
        (["runs/a", "gini(x=1)"], "gini has no field x"),
    ],
)
def test_other_words_are_refused(runs: Path, words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        sort_words(words)


def test_where_only_runs_have_a_place(runs: Path) -> None:
    for word in ("gini", "nowhere"):
        with pytest.raises(UserError, match=f"^there is no folder {word}; give runs, or a folder of runs$"):
            only_runs(["runs/a", word])
