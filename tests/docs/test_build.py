"""docs/build.py writes what is asked for, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import build
import pytest

from mechgrok.engine.registry import measures
from mechgrok.measures.families import QUESTIONS, by_family
from mechgrok.verification import scoring


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another repository's root; the hand-built networks cannot be scored."""
    (tmp_path / "measures").mkdir()
    for name, place in {"ROOT": tmp_path, "PAGES": tmp_path / "measures", "FIGURES": tmp_path / "measures" / "figures"}.items():
        monkeypatch.setattr(build, name, place)
    monkeypatch.setattr(scoring, "scores", lambda: 1 / 0)
    return tmp_path


def test_one_measure_is_its_page_and_the_index(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build.main(["gini"])
    assert capsys.readouterr().out.split() == ["measures/gini.md", "measures/README.md"]
    assert (root / "measures" / "gini.md").read_text().startswith(f"# {measures()['gini'].title}\n")
    build.main(["gini"])
    assert capsys.readouterr().out == "", "nothing has changed"


def test_a_page_shows_its_figure_where_there_is_one(root: Path) -> None:
    (root / "measures" / "figures").mkdir()
    (root / "measures" / "figures" / "gini.png").touch()
    build.main(["gini", "loss"])
    assert "](figures/gini.png)" in (root / "measures" / "gini.md").read_text()
    assert "figures/" not in (root / "measures" / "loss.md").read_text()


def test_figures_are_drawn_of_the_measures_that_are_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pictures

    drawn = []
    monkeypatch.setattr(pictures, "draw", lambda *given: drawn.append(given) or [])
    build.main(["gini", "--run", "somewhere"])
    assert drawn == [(Path("somewhere"), ["gini"], build.FIGURES)]


@pytest.mark.usefixtures("root")
def test_an_unknown_measure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build.main(["ginni"])
    assert "there is no measure ginni; did you mean gini?" in capsys.readouterr().err


def test_the_index_has_the_families_in_order() -> None:
    _, *sections = re.split(r"^## ", build.index(), flags=re.MULTILINE)
    found = {section.splitlines()[0]: re.findall(r"^\| \[`([\w-]+)`\]", section, re.MULTILINE) for section in sections}
    families = by_family(measures().values())
    assert [*found.items()] == [(QUESTIONS[name], [measure.name for measure in members]) for name, members in families.items()]
