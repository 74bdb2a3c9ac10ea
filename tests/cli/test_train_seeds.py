"""mechgrok train --seeds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from tiny_flags import QUIET, TINY

import mechgrok
from mechgrok.runs.run import open_run
from mechgrok.training import launch
from mechgrok.training.loop import Ending
from mechgrok.training.stack import launch as stack_launch
from mechgrok.training.stack import plan, pool

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture(autouse=True)
def _one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are trained one after the other in this process instead of in several."""

    def resume(jobs: Sequence[Sequence[Path]], watch: pool.Watch) -> pool.Endings:
        return {run: launch.resume(open_run(run), watch(0, run.name)) for runs in jobs for run in runs}

    monkeypatch.setattr(plan, "SMALL", 0)

    monkeypatch.setattr(pool, "resume", resume)


def test_each_seed_is_a_run_of_a_folder(call) -> None:
    status, out, err = call("train", "demo", *TINY, *QUIET, "--seeds", "0,2-3", "--out", "runs")
    assert (status, err) == (0, "")
    lines = [f"seed-{seed}: stopped at step 20: that was the last step" for seed in (0, 2, 3)]
    assert out.splitlines() == [*lines, "Next: mechgrok analyze runs"]
    for seed in (0, 2, 3):
        config = open_run(f"runs/seed-{seed}").config
        assert (config.model.seed, config.split.seed, config.training.seed) == (seed, seed, seed)
        assert open_run(f"runs/seed-{seed}").last_step == 20
        assert open_run(f"runs/seed-{seed}").execution["threads"] == 1


def test_a_single_seed_that_is_set_stays(call) -> None:
    assert call("train", "demo", *TINY, *QUIET, "--seeds", "0-1", "--split.seed=7")[0] == 0
    runs = [open_run(f"checkpoints/demo-p7-s0-1/seed-{seed}").config for seed in (0, 1)]
    assert [(each.model.seed, each.split.seed) for each in runs] == [(0, 7), (1, 7)]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--seeds", "3-1"], "--seeds 3-1: give whole numbers and ranges, such as 0-31 or 0,3,5-7"),
        (["--seeds", "a"], "--seeds a: give whole numbers and ranges"),
        (["--seeds", "0-2,2"], "seeds 0, 1, 2, 2: name each seed once"),
        (["--seeds", "0-2", "--seed", "1"], "--seed and --seeds exclude each other; leave --seed away"),
        (["--seeds", "0-2", "--log", "wandb"], "--log wandb copies one run at a time"),
        (["--seeds", "0-1", "--model.seed", "1", "--split.seed", "1", "--training.seed", "1"], "all runs of --seeds are the same"),
    ],
)
def test_what_makes_no_sense_is_one_line(call, flags: list[str], said: str) -> None:
    status, out, err = call("train", "demo", *TINY, *flags, "--out", "runs")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert not Path("runs").exists()


def test_the_folder_goes_on(call, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pool, "resume", lambda jobs, watch: {jobs[0][0]: Ending(3, "interrupted", interrupted=True)})
        status, out, _ = call("train", "demo", *TINY, *QUIET, "--seeds", "0-1", "--out", "runs")
    assert (status, out) == (130, "seed-0: at step 3: interrupted\ninterrupted; go on with: mechgrok train --resume runs\n")
    assert call("train", "--resume", "runs", *QUIET)[0] == 0
    assert [open_run(f"runs/seed-{seed}").last_step for seed in (0, 1)] == [20, 20]
    status, out, _ = call("train", "--resume", "runs", *QUIET)
    assert (status, out.count("it is finished already")) == (0, 2)


def test_a_stack_is_shown_in_one_line(call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its losses and accuracies are means over the runs."""
    monkeypatch.setattr(stack_launch, "stacks", lambda *_: [[0, 1, 2]])
    monkeypatch.setattr(pool, "resume", lambda jobs, watch: stack_launch.resume([open_run(run) for run in jobs[0]], watch(0, "seed-0")))
    status, out, err = call("train", "demo", *TINY, "--log", "lines", "--seeds", "0-2", "--out", "runs")
    assert (status, out.count("stopped at step 20")) == (0, 3)
    first = err.splitlines()[0]
    means = [open_run(f"runs/seed-{seed}").metrics.set_index(["step", "split"])["loss"][0, "train"] for seed in range(3)]
    assert re.fullmatch(rf"seed-0  step 0/20  train {sum(means) / 3:.3g} \(\d+\.\d%\)  test \S+ \(\d+\.\d%\)", first)


TINY_VALUES = {"task.p": 7, "model.d_model": 16, "model.heads": 2, "model.d_mlp": 24, "training.steps": 3}


def test_the_same_in_python() -> None:
    runs = mechgrok.train("demo", "runs", seeds=range(2), log="quiet", **TINY_VALUES)
    assert [(run.name, run.last_step) for run in runs] == [("seed-0", 3), ("seed-1", 3)]
    with pytest.raises(mechgrok.UserError, match="seed and seeds exclude each other"):
        mechgrok.train("demo", "more", seed=1, seeds=range(2), **TINY_VALUES)  # type: ignore[call-overload]
    with pytest.raises(mechgrok.UserError, match="give whole numbers, 0 or more"):
        mechgrok.train("demo", "more", seeds=[0.5], **TINY_VALUES)  # type: ignore[list-item]
