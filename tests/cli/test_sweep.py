"""mechgrok sweep: cells, --dry, TOML files, failures and --retry, status, and what it refuses."""

from __future__ import annotations

import shutil
import signal
from contextlib import nullcontext
from pathlib import Path

import pytest
from inline_executor import Inline
from tiny_flags import TINY
from trained_runs import contents

from mechgrok.api import progress
from mechgrok.runs.run import open_run
from mechgrok.studies import executors
from mechgrok.studies.sweep import read_sweep

FLAGS = [*(word for word in TINY if word not in ("--threads", "1")), "--training.evaluate_every", "10"]
GRID = ["--grid", "split.fraction=.4,.6", "--grid", "optimizer.weight_decay=0,1", "--seeds", "1"]
SWEEP = ["sweep", "demo", *FLAGS, *GRID, "--out", "out", "--log", "quiet"]
NAMES = [f"fraction={fraction}.weight_decay={decay}-s1" for fraction in (0.4, 0.6) for decay in (0, 1)]


@pytest.fixture(autouse=True)
def executor(here: Path, monkeypatch: pytest.MonkeyPatch) -> Inline:
    made = Inline()
    monkeypatch.setattr(executors, "opened", lambda name, resources: nullcontext(made))
    return made


def test_each_cell_is_an_ordinary_run(call, executor: Inline) -> None:
    status, out, err = call(*SWEEP)
    assert (status, err) == (0, "")
    assert [cell.name for cell in read_sweep("out").cells] == NAMES
    assert call("train", "demo", *FLAGS, "--split.fraction", 0.6, "--optimizer.weight_decay", 0, "--seed", 1, "--threads", 1,
                "--log", "quiet", "--out", "alone")[0] == 0  # fmt: skip
    assert contents(Path("out/fraction=0.6.weight_decay=0-s1")) == contents(Path("alone"))
    lines = out.splitlines()
    assert lines[0] == f"4 of 4 cells are finished: {Path('out').resolve()}"
    assert lines[-4] == "|  | weight_decay=0 | weight_decay=1 |"
    assert lines[-1].startswith("| fraction=0.6 | >\N{NO-BREAK SPACE}20")


def test_the_commands_of_its_trials_give_the_same_configs(call) -> None:
    from mechgrok.cli.arguments.study_plan import command, planned_config

    call(*SWEEP)
    sweep = read_sweep("out")
    trials = {trial.name: trial for trial in sweep.trials}
    for cell in sweep.cells:
        assert open_run(cell.path).config == planned_config(command(trials[cell.trial], cell.seed, Path("out")))


def test_finished_cells_are_kept_and_a_larger_grid_adds_to_them(call, executor: Inline) -> None:
    assert call("sweep", "demo", *FLAGS, "--grid", "split.fraction=.4,.6", "--optimizer.weight_decay", 1, "--seeds", 1, "--out", "out",
                "--log", "quiet")[0] == 0  # fmt: skip
    before = contents(Path("out/fraction=0.4-s1"))
    assert call(*SWEEP)[0] == 0
    assert contents(Path("out/fraction=0.4-s1")) == before
    assert len(executor.calls) == 2 + 2, "two cells have the config of runs that were there"
    assert {cell.name for cell in read_sweep("out").cells} >= {"fraction=0.4-s1", "fraction=0.6.weight_decay=0-s1"}
    assert len(list(Path("out").glob("*/config.json"))) == 4
    call(*SWEEP)
    assert len(executor.calls) == 4


def test_a_folder_with_another_config_is_left_alone(call) -> None:
    one = ["sweep", "demo", *FLAGS, "--grid", "split.fraction=.4", "--seeds", "1", "--out", "out", "--log", "quiet"]
    call(*one)
    before = contents(Path("out/fraction=0.4-s1"))
    assert call(*one, "--optimizer.lr", 0.1)[0] == 0
    assert contents(Path("out/fraction=0.4-s1")) == before
    (cell,) = read_sweep("out").cells
    assert cell.name.startswith("fraction=0.4-s1-")
    assert open_run(cell.path).config.optimizer.lr == 0.1


@pytest.mark.long
def test_ctrl_c_keeps_all_and_the_same_command_goes_on(call, monkeypatch: pytest.MonkeyPatch) -> None:
    call(*SWEEP[:-4], "--out", "whole", "--log", "quiet")
    killed = []

    def interrupt(_, step: int) -> None:
        if step == 7 and not killed:
            killed.append(step)
            signal.raise_signal(signal.SIGINT)

    class Stopping(Inline):
        def submit(self, call, /, *values, **named):
            future = super().submit(call, *values, **named)
            if killed:
                raise KeyboardInterrupt
            return future

    with monkeypatch.context() as patch:
        patch.setattr(progress.Quiet, "at", interrupt)
        patch.setattr(executors, "opened", lambda name, resources: nullcontext(Stopping()))
        status, _, err = call(*SWEEP)
    assert status == 130
    assert (
        err
        == "mechgrok: interrupted; 0 of 4 cells are finished, 1 interrupted, 3 waiting; all steps are kept, and the same command goes on\n"
    )
    assert call(*SWEEP)[0] == 0
    for name in NAMES:
        assert contents(Path("out") / name) == contents(Path("whole") / name)


def test_a_failed_cell_is_listed_and_tried_again_when_asked(call, executor: Inline) -> None:
    words = ["sweep", "demo", *FLAGS, "--grid", "training.batch=4,1000", "--out", "out", "--log", "quiet"]
    status, out, _ = call(*words)
    assert status == 1
    assert out.splitlines()[:3] == [
        f"1 of 2 cells are finished, 1 failed: {Path('out').resolve()}",
        "  failed  batch=1000-s0: training.batch is 1000, but the train split has 19 rows; use at most 19, or full",
        "failed cells are tried again with --retry",
    ]
    assert call(*words)[0] == 1
    assert len(executor.calls) == 2
    assert call(*words, "--retry")[0] == 1
    assert len(executor.calls) == 3


def test_dry_trains_nothing(call, executor: Inline, here: Path) -> None:
    status, out, _ = call(*SWEEP, "--dry", "--workers", 2)
    lines = out.splitlines()
    assert status == 0
    assert [line.split()[:3] for line in lines[:-1]] == [[name, "20", "steps"] for name in NAMES]
    assert lines[-1].startswith("4 of 4 cells are left: ")
    assert " on 2; " in lines[-1]
    assert list(here.iterdir()) == []
    assert executor.calls == []


def test_dry_gives_the_size_on_the_disk(call) -> None:
    words = ["sweep", "demo", *FLAGS, "--out", "out", "--log", "quiet"]
    size = float(call(*words, "--dry")[1].splitlines()[0].split()[-2])
    call(*words)
    files = sum(path.stat().st_size for path in Path("out/demo-s0").rglob("*.safetensors") if path.name != "split.safetensors")
    assert size == pytest.approx(files / 1e3, rel=0.15)


@pytest.mark.long
def test_a_file_says_the_same_as_flags(call) -> None:
    Path("fractions.toml").write_text(
        """
        preset = "demo"
        out = "out"
        seeds = 1
        log = "quiet"
        [grid]
        split.fraction = [0.4, 0.6]
        "optimizer.weight_decay" = [0, 1]
        [values]
        task.p = 7
        model = {d_model = 16, heads = 2, d_mlp = 24}
        training = {steps = 20, evaluate_every = 10}
        checkpoints.log_spaced = 0
        """
    )
    dry = call("sweep", "fractions.toml", "--dry")
    assert dry[0] == 0
    assert [line.split()[0] for line in dry[1].splitlines()[:-1]] == NAMES
    assert call("sweep", "fractions.toml")[0] == 0
    call(*SWEEP[:-4], "--out", "flags", "--log", "quiet")
    for name in NAMES:
        assert contents(Path("out") / name) == contents(Path("flags") / name)
    assert call("sweep", "fractions.toml", "--seeds", 5, "--dry")[1].splitlines()[0].startswith(NAMES[0].replace("s1", "s5"))


def test_status_of_a_part(call) -> None:
    call(*SWEEP)
    shutil.rmtree("out/" + NAMES[0])
    (Path("out") / NAMES[1] / "state.safetensors").unlink()
    shutil.rmtree(Path("out") / NAMES[1] / "weights")
    assert call("sweep", "status", "out") == (0, "2 of 4 cells are finished, 1 interrupted, 1 waiting\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("demmo --grid split.fraction=.1", "there is no preset demmo; did you mean demo?"),
        ("demo --grid split.fractoin=.1", "unknown key split.fractoin; did you mean fraction?"),
        ("demo --grid split.fraction", "--grid split.fraction: give a path of the config and its values"),
        ("demo --grid split.fraction=.1 --seeds x", "--seeds x: give whole numbers and ranges"),
        ("demo --grid split.fraction=.1 --seed 3", "a sweep has --seeds, such as --seeds 0-4, instead of --seed"),
        ("demo --grid split.fraction=.1 --optimizer.weigth_decay 1", "Unrecognized options: --optimizer.weigth_decay"),
        ("demo --grid split.fraction=.1 --executor cloud", "invalid choice 'cloud'"),
        (
            "demo --grid optimizer.weight_decay=2,1 --grid optimizer.kind=adamw,sgd --grid model.seed=1 --seeds 0 --split.fraction 7",
            "--split.fraction",
        ),
        (
            "demo --grid model.seed=1 --grid split.seed=2 --grid training.seed=3 --seeds 0-1",
            "model.seed=1.split.seed=2,training.seed=3-s0 and ",
        ),
        ("nothing.toml", "nothing.toml cannot be read: No such file or directory"),
        ("status out", "out holds no sweep; make one with: mechgrok sweep PRESET"),
    ],
)
def test_wrong_input_is_one_line(words: str, said: str, call, here: Path) -> None:
    status, out, err = call("sweep", *words.split())
    assert (status, out) == (2, "")
    assert err.startswith(f"mechgrok: {said}")
    assert err.count("\n") == 1
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seeds = 3", 'a.toml names no preset; its first line may be preset = "demo"'),
        ("preset = ", "a.toml is no TOML: "),
        ('preset = "demo"\n[grid]\ntask.p = 7', "a.toml: grid.task.p has to be a list of values, as in task.p = [7, 7]"),
    ],
)
def test_a_wrong_file_is_one_line(text: str, said: str, call) -> None:
    Path("a.toml").write_text(text)
    status, _, err = call("sweep", "a.toml")
    assert status == 2
    assert err.startswith(f"mechgrok: {said}")
    assert err.count("\n") == 1


def test_runs_are_grouped_by_sweep_in_wandb(call, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from importlib.machinery import ModuleSpec
    from types import SimpleNamespace

    begun = []
    session = SimpleNamespace(log=lambda values, step: None, finish=lambda: None)
    stand_in = SimpleNamespace(__spec__=ModuleSpec("wandb", None), init=lambda **options: begun.append(options) or session)
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    assert call(*SWEEP[:-2], "--log", "wandb")[0] == 0
    assert {options["group"] for options in begun} == {"out"}
    assert sorted(options["name"] for options in begun) == sorted(NAMES)
