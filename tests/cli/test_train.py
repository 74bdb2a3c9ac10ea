"""mechgrok train."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_flags import TINY
from trained_runs import contents

from mechgrok.api import progress
from mechgrok.runs.run import open_run
from mechgrok.training import launch
from mechgrok.training.loop import Ending

pytestmark = pytest.mark.usefixtures("here")


def test_a_preset_is_trained_with_its_flags(call) -> None:
    status, out, err = call("train", "demo", *TINY, "--out", "run", "--log", "quiet", "--forward", "plain")
    assert (status, err) == (0, "")
    assert out == "stopped at step 20: that was the last step. Next: mechgrok analyze run\n"
    run = open_run("run")
    assert (run.task.p, run.config.training.steps, run.config.optimizer.weight_decay) == (7, 20, 2.0)
    assert (run.execution["forward"], run.execution["threads"]) == ("plain", 1)


def test_by_default_the_folder_is_named_after_preset_modulus_and_seed(call) -> None:
    assert call("train", "transformerlens-demo", *TINY, "--training.steps", 1, "--log", "quiet")[0] == 0
    assert open_run("checkpoints/transformerlens-demo-p7-s999").last_step == 1


def test_a_run_is_never_overwritten(call) -> None:
    assert call("train", "demo", *TINY, "--out", "run", "--log", "quiet")[0] == 0
    before = contents(Path("run"))
    status, out, err = call("train", "demo", *TINY, "--out", "run")
    assert (status, out) == (2, "")
    advice = "choose another --out, or go on with: mechgrok train --resume run"
    assert err == f"mechgrok: run exists already and is never overwritten; {advice}\n"
    assert contents(Path("run")) == before


def test_resuming_a_finished_run_says_so(call) -> None:
    call("train", "demo", *TINY, "--out", "run", "--log", "quiet")
    for words in (["--resume", "run"], ["--resume=run"], ["--log", "quiet", "--resume", "run"]):
        status, out, _ = call("train", *words)
        assert (status, out) == (0, "stopped at step 20: it is finished already. Next: mechgrok analyze run\n")


def test_ctrl_c_says_how_to_go_on(call, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(progress.Quiet, "at", lambda _, step: signal.raise_signal(signal.SIGINT) if step == 9 else None)
        status, out, err = call("train", "demo", *TINY, "--out", "run", "--log", "quiet")
    assert (status, out, err) == (130, "interrupted at step 9; go on with: mechgrok train --resume run\n", "")
    assert call("train", "--resume", "run", "--log", "quiet")[0] == 0
    assert open_run("run").last_step == 20


def test_ctrl_c_before_the_first_step_is_one_line(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*_: object) -> Ending:
        raise KeyboardInterrupt

    monkeypatch.setattr("mechgrok.training.launch.resume", pressed)
    status, _, err = call("train", "demo", *TINY, "--out", "run", "--log", "quiet")
    assert (status, err) == (130, "mechgrok: interrupted; run has no trained step yet; go on with: mechgrok train --resume run\n")


def test_ctrl_c_before_anything_is_written_says_that(call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def pressed(*_: object) -> Ending:
        raise KeyboardInterrupt

    monkeypatch.setattr("mechgrok.training.launch.begin", pressed)
    status, _, err = call("train", "demo", *TINY, "--out", "run", "--log", "quiet")
    assert (status, err) == (130, "mechgrok: interrupted; nothing was written\n")
    assert list(tmp_path.iterdir()) == []


def test_a_second_ctrl_c_names_the_step_that_is_kept(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(_: object, step: int) -> None:
        if step == 13:
            raise KeyboardInterrupt

    monkeypatch.setattr(progress.Quiet, "at", pressed)
    status, _, err = call(
        "train", "demo", *TINY, "--checkpoints.every", 5, "--training.evaluate_every", 5, "--out", "run", "--log", "quiet"
    )
    assert (status, err) == (130, "mechgrok: interrupted; run is kept up to step 10; go on with: mechgrok train --resume run\n")


def test_without_test_rows_it_says_so_and_trains(call) -> None:
    status, out, err = call("train", "demo", *TINY, "--split.fraction", 1, "--out", "run", "--log", "quiet")
    assert (status, err) == (0, "")
    note, ending = out.splitlines()
    assert note == "note: all rows are train rows: there is no test set, no test accuracy, and no rule to stop by them"
    assert ending.startswith("stopped at step 20")


LINE = re.compile(r"step (\d+)/20  train \S+ \(\d+\.\d%\)  test \S+ \(\d+\.\d%\)(  \d+\.\d steps/s  \d+ s to go)?")


def test_lines_are_for_the_first_and_the_last_record(call) -> None:
    status, _, err = call("train", "demo", *TINY, "--out", "run", "--training.evaluate_every", 1, "--log", "lines")
    assert status == 0
    found = [LINE.fullmatch(line) for line in err.splitlines()]
    assert all(found)
    assert [match[2] is None for match in found if match] == [True, *[False] * (len(found) - 1)]
    assert [int(match[1]) for match in found if match][0 :: max(len(found) - 1, 1)] == [0, 20]


def test_lines_come_when_it_is_no_terminal_and_now_and_then(call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    _, _, err = call("train", "demo", *TINY, "--out", "run", "--training.evaluate_every", 5)
    assert [int(LINE.fullmatch(line)[1]) for line in err.splitlines()] == [0, 5, 10, 15, 20]


def test_the_bar_shows_where_it_stands(call) -> None:
    status, _, err = call("train", "demo", *TINY, "--out", "run", "--log", "live")
    assert status == 0
    assert "20/20" in err
    assert "steps/s" in err
    assert re.search(r"train \S+ \(", err)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tran"], "there is no command tran; did you mean train?"),
        (["train", "nanda203"], "there is no preset nanda203; did you mean nanda2023?"),
        (["train", "--resme", "run"], "there is no preset --resme; did you mean --resume?"),
        (["train", "zzz"], "there is no preset zzz; known: demo, devon2024, fast-grok"),
        (["train", "--resume"], "Missing value for argument '--resume'"),
        (["train", "--resume", "nowhere"], "there is no nowhere; give the folder of a run"),
        (["train", "--resume", "."], ". is not a run: it has no config.json; weights or logs of other programs come in by mechgrok import"),
        (["train", "--resume", "run", "--training.steps", "9"], "Unrecognized options: --training.steps, 9"),
        (["train", "--resume", "run", "--log", "loud"], "invalid choice 'loud' for argument '--log'"),
        (["train", "demo", "--task.q", "5"], "Unrecognized options: --task.q, 5"),
        (["train", "demo", "--task.p", "five"], "Error parsing --task.p"),
        (["train", "--task.p", "five", "demo"], "Error parsing --task.p"),
        (["train", "demo", "--split.kind", "unknown"], "split.kind unknown belongs to imported runs"),
        (["train", "demo", "--device", "tpu"], "tpu is not a device; use cpu, cuda, or cuda:1"),
        (["train", "demo", "--device", "cuda:88"], "device cuda:88 cannot be used here"),
        (["train", "demo", "--threads", "-1"], "--threads -1: give a number of CPU threads"),
        (["train", "demo", "--forward", "slow"], "invalid choice 'slow' for argument '--forward'"),
        (["train", "demo", "--model.n_ctx", "2"], "model.n_ctx is 2, but the task's rows have 3 tokens"),
        (["train", "demo", "--out", "."], ". cannot be a new run's folder"),
        (["train", "demo", "--out", "/dev/null/run"], "/dev/null/run cannot be written: Not a directory"),
        (["demo", "--otu", "x"], "Unrecognized options: --otu, x"),
    ],
)
def test_wrong_input_is_one_line_and_writes_nothing(words: list[str], said: str, call, tmp_path: Path) -> None:
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert err.startswith(f"mechgrok: {said}")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("words", "run"), [("--resume r", "r"), ("--task.p 5 --resume=r", "r"), ("--resume", "RUN")])
def test_resume_with_a_preset_is_answered_with_the_command(call, words: str, run: str) -> None:
    advice = f"--resume takes no preset, since a run keeps its configuration; give: mechgrok train --resume {run}"
    assert call("train", "demo", *words.split()) == (2, "", f"mechgrok: {advice}\n")


def test_a_loss_that_is_no_number_is_one_line(call) -> None:
    status, out, err = call("train", "demo", *TINY, "--optimizer.lr", "1e30", "--out", "run", "--log", "quiet")
    assert (status, out) == (2, "")
    good = r"run/weights/\d{8}\.safetensors"
    assert re.fullmatch(rf"mechgrok: the loss is nan at step \d+; the last good checkpoint is {good}\. Lower optimizer\.lr, [^\n]+\n", err)


def test_help_names_presets_and_both_ways(call) -> None:
    status, out, err = call("train", "--help")
    assert (status, err) == (0, "")
    assert all(word in out for word in ("mechgrok train PRESET", "--resume RUN", "nanda2023", "demo", "transformerlens-demo"))
    assert call("train")[1] == out


@pytest.mark.parametrize("error", [MemoryError("no room"), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_memory_that_ran_out_is_one_line(error: Exception, call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(launch, "begin", fails)
    status, _, err = call("train", "demo", *TINY)
    assert (status, err) == (2, f"mechgrok: the memory of this machine does not suffice ({error})\n")


CODE = """
import sys
from mechgrok.cli import main
try:
    status = main(sys.argv[2:])
except SystemExit as stop:
    status = stop.code or 0
print(status, sorted({"torch", "transformer_lens", "pandas"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("--help", 0),
        ("train --help", 0),
        ("train demo --help", 0),
        ("train demo --task.q 5", 2),
        ("train demo --task.p 1", 2),
        ("import --bogus", 2),
    ],
)
def test_what_is_wrong_with_flags_is_said_without_torch(words: str, status: int) -> None:
    done = subprocess.run([sys.executable, "-c", CODE, "-", *words.split()], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"{status} []"
    assert done.stderr.count("\n") == (status == 2)


def test_the_command_itself_exits_with_its_status(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "mechgrok", "train", "dmo"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "mechgrok: there is no preset dmo; did you mean demo?\n")
