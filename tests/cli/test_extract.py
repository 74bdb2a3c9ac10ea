"""mechgrok extract."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from handmade_runs import Waves, handmade_run
from made_runs import make_run

WAVES: Waves = {1: (5.0, 0.0), 3: (6.0, 0.2)}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return handmade_run(tmp_path / "planted", 11, WAVES)


def test_it_writes_into_the_run_unless_told_otherwise(run: Path, call) -> None:
    status, out, err = call("extract", run)
    program = run / "extraction" / "00000040.py"
    assert (status, err) == (0, "")
    assert out.splitlines()[-2:] == [f"program: {program}", f"report: {program.with_suffix('.report.json')}"]
    assert runpy.run_path(str(program))["answer"](4, 9) == 2


def test_the_report_says_the_same_on_paper_and_in_json(run: Path, tmp_path: Path, call) -> None:
    _, out, _ = call("extract", run, "--out", tmp_path / "new" / "clock.py")
    found = json.loads((tmp_path / "new" / "clock.report.json").read_text())
    assert found["fidelity"]["same_answer"] == 121
    assert "on 121 of 121 rows" in out
    assert [wave["frequency"] for wave in found["program"]["waves"]] == [1, 3]
    assert all(f"k = {k}" in out for k in WAVES)
    assert found["run"] == "planted"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["clock.py", "clock.report.json"]


def test_frequencies_and_step(run: Path, tmp_path: Path, call) -> None:
    status, out, _ = call("extract", run, "--step", 40, "--keys", 3, "--out", tmp_path / "one.py")
    assert status == 0
    assert "k = 3" in out
    assert "k = 1 " not in out


def test_a_program_that_does_not_agree_has_status_1(tmp_path: Path, call) -> None:
    random = make_run(tmp_path / "random", p=31)
    status, out, _ = call("extract", random, "--keys", 1, "--out", tmp_path / "clock.py")
    assert status == 1
    assert "DOES NOT AGREE" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "clock.txt"], "must end in .py"),
        (["--step", "7"], "no checkpoint at step 7; the nearest is 40"),
        (["--keys", "6"], "frequency 6 does not exist modulo 11"),
        (["--keys", "x"], "keys"),
        (["--gizmo", "1"], "--gizmo"),
    ],
)
def test_wrong_words_are_one_line(run: Path, call, words: list[str], said: str) -> None:
    status, out, err = call("extract", run, *words)
    assert (status, out) == (2, "")
    assert err.startswith("mechgrok: ")
    assert err.count("\n") == 1
    assert said in err


def test_a_network_that_has_not_grokked_is_refused(tmp_path: Path, call) -> None:
    status, out, err = call("extract", make_run(tmp_path / "random", p=31), "--out", tmp_path / "clock.py")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "has no key frequency at step 20" in err
    assert not (tmp_path / "clock.py").exists()


def test_where_nothing_can_be_written(run: Path, tmp_path: Path, call) -> None:
    (tmp_path / "file").write_text("mine")
    status, _, err = call("extract", run, "--out", tmp_path / "file" / "clock.py")
    assert status == 2
    assert err == f"mechgrok: cannot write {tmp_path / 'file' / 'clock.py'}: one of its folders is a file\n"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_the_way(run: Path, tmp_path: Path, call) -> None:
    (tmp_path / "clock.py").mkdir()
    status, _, err = call("extract", run, "--out", tmp_path / "clock.py")
    assert status == 2
    assert "Is a directory" in err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".", "clock"))] == ["clock.py"]


def test_the_run_s_own_files_are_safe(run: Path, call) -> None:
    """A report beside RUN/config.py must not become RUN/config.json."""
    before = (run / "config.json").read_bytes()
    call("extract", run, "--out", run / "config.py")
    assert (run / "config.json").read_bytes() == before
