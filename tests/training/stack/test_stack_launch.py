"""Stacked runs in their folders: what they write, when they end, and how they go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import stacked_runs
import trained_runs
from stacked_runs import SEEDS
from trained_runs import Interrupting, config, contents

from mechgrok import memory
from mechgrok.api.settings import seeded
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run import open_run
from mechgrok.training.loop import DivergedError, Ending
from mechgrok.training.stack import commit, saving
from mechgrok.training.stack.stack import Stack

MADE = config(training__batch=9, training__steps=30, model__biases="all")
STOPPING = config(
    training__steps=60, training__evaluate_every=2, training__stop={"train_loss_below": 1.6}, optimizer={"kind": "adamw", "lr": 3e-3}
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the stack that nobody interrupted."""
    return stacked_runs.train(MADE, tmp_path_factory.mktemp("whole") / "runs")


@pytest.mark.parametrize("made", [MADE, STOPPING], ids=["to the last step", "to a rule"])
@pytest.mark.long
def test_each_run_is_an_ordinary_one(made: Any, tmp_path: Path) -> None:
    """The same files with the same metrics, but for rounding, and the same end as the run alone."""
    stacked_runs.begin(made, tmp_path / "runs")
    endings = stacked_runs.resume(tmp_path / "runs")
    for seed in SEEDS:
        alone, run = trained_runs.train(seeded(made, seed), tmp_path / f"alone-{seed}"), open_run(tmp_path / "runs" / f"seed-{seed}")
        assert run.config == alone.config
        assert contents(run.path).keys() == contents(alone.path).keys()
        assert contents(run.path)["split.safetensors"] == contents(alone.path)["split.safetensors"]
        assert run.metrics[["step", "split"]].equals(alone.metrics[["step", "split"]])
        assert (run.metrics["loss"] - alone.metrics["loss"]).abs().max() < 2e-5
        assert endings[run.name].step == run.last_step == alone.last_step
        assert trained_runs.resume(run) == Ending(run.last_step, "it is finished already")


def test_runs_that_have_stopped_leave_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, made = [], Stack.__init__
    monkeypatch.setattr(Stack, "__init__", lambda self, members, device: sizes.append(len(members)) or made(self, members, device))
    stacked_runs.begin(STOPPING, tmp_path / "runs")
    endings = stacked_runs.resume(tmp_path / "runs")
    assert len({ending.step for ending in endings.values()}) == 3
    assert all(ending.reason.startswith("train loss ") and ending.step < 60 for ending in endings.values())
    assert sizes == [3, 2, 1]


@pytest.mark.parametrize("step", [1, 10, 17, 29])
@pytest.mark.long
def test_after_an_interruption_the_bytes_are_the_same(step: int, whole: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "runs"
    stacked_runs.begin(MADE, out)
    endings = stacked_runs.resume(out, Interrupting(step))
    assert {(each.step, each.interrupted) for each in endings.values()} == {(step, True)}
    assert contents(out) != whole
    stacked_runs.resume(out)
    assert contents(out) == whole


@pytest.mark.long
def test_after_an_interruption_at_every_step_with_stopping_rules(tmp_path: Path) -> None:
    expected = stacked_runs.train(STOPPING, tmp_path / "whole")
    stacked_runs.begin(STOPPING, tmp_path / "runs")
    for step in range(1, 60):
        stacked_runs.resume(tmp_path / "runs", Interrupting(step))
    stacked_runs.resume(tmp_path / "runs")
    assert contents(tmp_path / "runs") == expected


class KilledError(Exception):
    """Stands for a kill at a chosen place."""


def killing(after: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which can be called so many times."""
    left: Iterator[Callable[..., Any]] = iter([real] * after)

    def killed(*_: Any, **__: Any) -> None:
        raise KilledError

    return lambda *given, **more: next(left, killed)(*given, **more)


@pytest.mark.long
@pytest.mark.parametrize("made", [MADE, STOPPING], ids=["to the last step", "to a rule"])
@pytest.mark.parametrize("place", ["write_tensors", "replace", "flushed"])
def test_a_kill_between_any_two_writes_changes_nothing(place: str, made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some runs have their new checkpoint, or their new state, and others do not."""
    expected = stacked_runs.train(made, tmp_path / "whole")
    targets = {"write_tensors": (store, store.write_tensors), "replace": (Path, Path.replace), "flushed": (saving, saving._write)}
    owner, real = targets[place]
    for after in range(0, 40, 3):
        out = tmp_path / f"runs-{after}"
        stacked_runs.begin(made, out)
        with monkeypatch.context() as patch:
            patch.setattr(owner, real.__name__, killing(after, real))
            with suppress(KilledError):
                stacked_runs.resume(out)
        stacked_runs.resume(out)
        assert contents(out) == expected, after


def test_new_states_of_some_runs_are_removed_and_those_of_all_put_into_place(tmp_path: Path) -> None:
    runs = [tmp_path / name for name in "abc"]
    for run in runs:
        store.write_tensors(run / store.STATE, {}, {"step": "4", "together": "3"})
    for run in runs[:2]:
        store.write_tensors(run / store.NEXT_STATE, {}, {"step": "8", "together": "3"})
    commit.recover(runs)
    assert [steps(run) for run in runs] == ["4", "4", "4"]
    for run in runs:
        store.write_tensors(run / store.NEXT_STATE, {}, {"step": "8", "together": "3"})
    (runs[0] / store.NEXT_STATE).replace(runs[0] / store.STATE)
    commit.recover(runs)
    assert [steps(run) for run in runs] == ["8", "8", "8"]
    assert not list(tmp_path.glob("*/next-*"))


def steps(run: Path) -> str:
    return store.read_tensors(run / store.STATE)[1]["step"]


def test_a_run_whose_loss_is_no_number_leaves_the_others_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run with seed 1 breaks in update 13, which is noticed at the next evaluation."""
    update = Stack.update

    def broken(self: Stack, step: int) -> Any:
        for place, each in enumerate(self.members):
            if each.config.model.seed == 1 and step == 13:
                self.parameters["unembed.W_U"].data[place] = float("nan")
        return update(self, step)

    monkeypatch.setattr(Stack, "update", broken)
    stacked_runs.begin(MADE, tmp_path / "runs")
    for _ in range(2):
        with pytest.raises(DivergedError) as complaint:
            stacked_runs.resume(tmp_path / "runs")
        good = tmp_path / "runs" / "seed-1" / "weights" / "00000010.safetensors"
        said = f"seed-1: the loss is not finite at step 13; the last good checkpoint is {good}. "
        assert str(complaint.value) == said + "Lower optimizer.lr, and train into a new folder"
        for seed, last in ((0, 30), (1, 10), (5, 30)):
            run = open_run(tmp_path / "runs" / f"seed-{seed}")
            assert run.last_step == last
            assert run.metrics["loss"].notna().all()


def test_a_run_of_a_stack_goes_on_alone_with_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its losses are then those of the stack but for rounding."""
    whole, out = tmp_path / "whole", tmp_path / "runs"
    stacked_runs.train(MADE, whole)
    stacked_runs.begin(MADE, out)
    stacked_runs.resume(out, Interrupting(17))
    trained_runs.resume(out / "seed-1")
    assert "seed-1 was trained in a stack of 3 runs; alone its numbers are the same but for rounding" in caplog.text
    metrics, expected = (open_run(folder / "seed-1").metrics for folder in (out, whole))
    assert (metrics["loss"] - expected["loss"]).abs().max() < 2e-5
    stacked_runs.resume(out)
    assert {open_run(out / f"seed-{seed}").last_step for seed in SEEDS} == {30}


def test_execution_names_the_stack(tmp_path: Path) -> None:
    runs = stacked_runs.begin(MADE, tmp_path / "runs")
    assert [run.name for run in runs] == ["seed-0", "seed-1", "seed-5"]
    assert {json.loads((run.path / "execution.json").read_text())["stacked"] for run in runs} == {3}


def test_more_runs_than_fit_into_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update of one run needs 0.1 GB, which is what the products' buffers are taken to need."""
    monkeypatch.setattr(memory, "available", lambda: 110 * 10**6)
    stacked_runs.begin(MADE, tmp_path / "runs")
    with pytest.raises(UserError, match=r"an update on 9 rows of each of 3000 runs needs .* of memory, and 110\.0 MB are free"):
        stacked_runs.begin(MADE, tmp_path / "more", seeds=range(3000))


def test_a_gpu_trains_one_run_as_a_stack_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here on the CPU, which is taken for a GPU."""
    monkeypatch.setattr("mechgrok.training.launch.stacks", lambda *_: [[0]])
    alone, other = trained_runs.train(MADE, tmp_path / "alone"), tmp_path / "gpu"
    assert alone.execution["stacked"] == 1
    trained_runs.resume(trained_runs.begin(MADE, other), Interrupting(17))
    trained_runs.resume(other)
    assert contents(other) == contents(alone.path)


def test_a_folder_that_exists_is_refused(tmp_path: Path) -> None:
    stacked_runs.begin(MADE, tmp_path / "runs")
    with pytest.raises(UserError, match="exists already"):
        stacked_runs.begin(MADE, tmp_path / "runs")
