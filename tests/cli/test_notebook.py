"""mechgrok notebook."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mechgrok.cli.notebook import notebooks


@pytest.fixture
def jupyter(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in place of JupyterLab that notes what it is given."""
    program, noted = here / "bin" / "jupyter-lab", here / "noted"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$1 $MECHGROK_RUN" > {noted}\nexit 3\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.delenv("MECHGROK_RUN", raising=False)
    return noted


def test_without_a_number_it_lists_all(call, here: Path) -> None:
    status, out, _ = call("notebook")
    assert status == 0
    assert out.splitlines()[1] == " 2  Finding the circuit"
    assert len(out.splitlines()) == len(notebooks()) == 10
    assert list(here.iterdir()) == []


def test_it_copies_one_and_opens_it_with_the_run_of_the_demo(call, here: Path, jupyter: Path) -> None:
    assert call("notebook", 3)[:2] == (3, "03_progress_measures.ipynb\n")
    assert jupyter.read_text() == f"03_progress_measures.ipynb {here / 'checkpoints' / 'demo'}\n"
    assert (here / "03_progress_measures.ipynb").read_bytes() == notebooks()[3].read_bytes()


def test_a_copy_that_was_edited_is_kept_and_another_run_stays_chosen(call, here: Path, jupyter: Path, monkeypatch) -> None:
    monkeypatch.setenv("MECHGROK_RUN", "elsewhere")
    call("notebook", 3, "--out", "mine")
    (here / "mine" / "03_progress_measures.ipynb").write_text("edited")
    call("notebook", 3, "--out", "mine")
    assert (here / "mine" / "03_progress_measures.ipynb").read_text() == "edited"
    assert jupyter.read_text() == "mine/03_progress_measures.ipynb elsewhere\n"


def test_without_jupyter_the_copy_is_there_and_the_remedy_named(call, here: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    status, _, err = call("notebook", 10)
    assert (status, err.count("\n")) == (2, 1)
    assert 'pip install "mechgrok[notebooks]"' in err
    assert (here / "10_clock_and_pizza.ipynb").is_file()


def test_a_number_that_there_is_not_is_one_line(call, here: Path) -> None:
    status, _, err = call("notebook", 11)
    assert (status, err) == (2, "mechgrok: there is no notebook 11; mechgrok notebook lists 1 to 10\n")
    assert list(here.iterdir()) == []


def test_a_copy_alone(call, here: Path) -> None:
    assert call("notebook", 1, "--no-open")[0] == 0
    assert [path.name for path in here.iterdir()] == ["01_watch_a_grok.ipynb"]
