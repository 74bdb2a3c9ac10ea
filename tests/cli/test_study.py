"""mechgrok study: trains what is missing, goes on with what was interrupted, reports what is there."""

from __future__ import annotations

import json
import re
import shutil
import signal
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
from inline_executor import Inline
from small_study import SMALL
from trained_runs import contents, torch_settings_kept

from mechgrok import analysis
from mechgrok.api import progress
from mechgrok.cli import main
from mechgrok.runs.run import open_run
from mechgrok.studies import executors
from mechgrok.studies.job import Job

NAMES = ["a+b.scratch-s0", "(a+b)^2.scratch-s0", "(a+b)^2.PG-E-s0", "a+b.scratch-s1", "(a+b)^2.scratch-s1", "(a+b)^2.PG-E-s1"]


@pytest.fixture(autouse=True)
def _small_study(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = analysis.analyses() | {"small2024": SMALL}
    monkeypatch.setattr(analysis, "analyses", lambda: known)


def in_this_process(patch: pytest.MonkeyPatch, executor: Inline) -> None:
    patch.setattr(executors, "opened", lambda name, resources: nullcontext(executor))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study, trained without a break."""
    out = tmp_path_factory.mktemp("study") / "out"
    known = analysis.analyses() | {"small2024": SMALL}
    with pytest.MonkeyPatch.context() as patch, torch_settings_kept():
        patch.setattr(analysis, "analyses", lambda: known)
        in_this_process(patch, executor := Inline())
        assert main(["study", "train", "small2024", "--out", str(out), "--log", "quiet"]) == 0
    assert [job.name for job in executor.calls] == [name for name in NAMES if "PG-E" not in name] + [
        name for name in NAMES if "PG-E" in name
    ]
    return out


@pytest.mark.long
def test_every_run_is_trained_parents_first(whole: Path) -> None:
    assert sorted(path.parent.name for path in whole.glob("*/config.json")) == sorted(NAMES)
    for seed in (0, 1):
        child, parent = open_run(whole / f"(a+b)^2.PG-E-s{seed}"), whole / f"a+b.scratch-s{seed}"
        last = parent / "weights" / "00000020.safetensors"
        assert child.config.start.parent.run == parent.name
        assert child.lineage["config"]["split"]["seed"] == seed
        assert (child.trajectory("embed.W_E") == open_run(parent).trajectory("embed.W_E")[-1]).all(), last


class Interrupted(Inline):
    """Ctrl-C comes in the second run."""

    def submit(self, call: Job, /, *values, **named):
        if self.calls:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(progress.Quiet, "at", lambda _, step: signal.raise_signal(signal.SIGINT) if step == 7 else None)
                super().submit(call)
            raise KeyboardInterrupt
        return super().submit(call)


@pytest.mark.long
def test_finished_runs_are_kept_and_an_interrupted_one_goes_on(whole: Path, call, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(whole / NAMES[0], Path("out") / NAMES[0])
    words = ["study", "train", "small2024", "--out", "out", "--log", "quiet"]
    in_this_process(monkeypatch, Interrupted())
    status, _, err = call(*words)
    assert (status, err) == (
        130,
        "mechgrok: interrupted; 2 of 6 cells are finished, 1 interrupted, 3 waiting; all steps are kept, and the same command goes on: "
        "mechgrok study train small2024 --out out\n",
    )
    in_this_process(monkeypatch, Inline())
    status, out, _ = call(*words)
    assert (status, out) == (0, "all 6 runs are trained. Next: mechgrok study report small2024 --out out\n")
    for name in NAMES:
        assert contents(Path("out") / name) == contents(whole / name)
    in_this_process(monkeypatch, again := Inline())
    assert call(*words)[0] == 0
    assert again.calls == []


@pytest.mark.long
def test_a_run_does_not_start_from_one_that_failed(call, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Inline):
        def submit(self, call: Job, /, *values, **named):
            return super().submit(partial(call.fail, "it broke") if call.name == NAMES[0] else call)

    in_this_process(monkeypatch, Failing())
    status, out, _ = call("study", "train", "small2024", "--out", "out", "--log", "quiet")
    assert status == 1
    assert out.splitlines() == [
        "4 of 6 cells are finished, 2 failed",
        f"  failed  {NAMES[0]}: it broke",
        f"  failed  {NAMES[2]}: it starts from {NAMES[0]}, which is failed",
        "the study goes on with: mechgrok study train small2024 --out out",
    ]


@pytest.mark.long
def test_runs_of_another_setting_are_not_taken_for_the_study_s(whole: Path, call) -> None:
    assert call("train", "demo", "--task.p", 5, "--training.steps", 1, "--log", "quiet", "--out", f"out/{NAMES[0]}")[0] == 0
    status, _, err = call("study", "train", "small2024", "--out", "out", "--log", "quiet")
    assert (status, err) == (
        2,
        f"mechgrok: out/{NAMES[0]} was trained with other settings than a+b.scratch has now; choose another --out, or move it away\n",
    )


def test_the_report_has_the_table_and_the_claims(whole: Path, call) -> None:
    status, out, err = call("study", "report", "small2024", "--out", whole)
    assert (status, err) == (0, "")
    never = r"> 20 \(\d+ %\), > 20 \(\d+ %\)"
    assert re.search(rf"\| \(a\+b\)\^2 \| {never}; r 0.5 \| {never}; r 0.3; undecided \|", out.replace("\N{NO-BREAK SPACE}", " "))
    assert "| W_E is not sparse at first | holds, the control is undecided in 2 of 2 seeds | above 0 |" in out
    assert "neither groks, neither groks" in out
    page = (whole / "report" / "index.html").read_text()
    assert all(text in page for text in ("A small study", "6 of 6 runs are trained", "(a+b)^2", "W_E_density", "Test accuracy"))
    said = json.loads((whole / "report" / "summary.json").read_text())
    assert said["seeds"] == [0, 1]
    assert said["table"]["(a+b)^2"]["PG-E"]["times"][0]["until"] == 20
    assert [claim["verdict"] for claim in said["claims"]][1] == "undecided"


def test_a_part_of_a_study_is_reported_with_what_is_missing(whole: Path, call) -> None:
    shutil.copytree(whole / NAMES[0], Path("out") / NAMES[0])
    assert call("study", "report", "small2024", "--out", "out")[0] == 0
    page = Path("out/report/index.html").read_text()
    assert "1 of 6 runs are trained" in page
    assert f"Not trained yet: {', '.join(NAMES[1:])}." in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("report small2024", "checkpoints/small2024 holds no finished run of small2024; make them with: mechgrok study train small2024"),
        (
            "train everything",
            "everything has no study, it analyses single runs: mechgrok analyze RUN; studies: ",
        ),
        ("train small2042", "there is no analysis small2042; did you mean small2024?"),
        ("look small2024", "invalid choice 'look'"),
    ],
)
def test_wrong_input_is_one_line(words: str, said: str, call, tmp_path: Path) -> None:
    status, out, err = call("study", *words.split())
    assert (status, out) == (2, "")
    assert err.startswith(f"mechgrok: {said}")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_its_help_begins_with_its_two_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["study", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert not stop.value.code
    assert "{train,report} NAME" in out
    assert out.index("mechgrok study train NAME") < out.index("mechgrok study report NAME") < out.index("positional arguments")


def test_what_a_study_starts_from_and_does_not_train_is_asked_for_with_the_command_that_makes_it(call) -> None:
    status, _, told = call("study", "train", "oocl2024", "--out", "there", "--log", "quiet")
    assert status == 2
    assert told.count("\n") == 1
    assert "there/ssq, which is not there; make it with: mechgrok import ssq_109.pt --operation add-squares --out there/ssq" in told
    assert not list(Path().glob("there/squares*"))
