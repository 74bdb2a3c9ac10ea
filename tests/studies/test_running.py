"""Jobs in rounds: what is lost with a worker is handed out again, what fails is not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from inline_executor import Inline, Killing

from mechgrok.runs import store
from mechgrok.studies import running
from mechgrok.studies.cells import Cell
from mechgrok.studies.job import Job
from mechgrok.training.execution import Execution


class Made(Job):
    """A job that writes that it was called, and ends its cell as asked."""

    def __call__(self) -> None:
        ENDS[self.cells[0].name](self.cells[0])


ENDS: dict[str, Callable[[Cell], None]] = {}


def cell(folder: Path, name: str) -> Cell:
    return Cell(name, 0, {}, folder / name, 20)


def job(folder: Path, name: str, end: Callable[[Cell], None]) -> Job:
    ENDS[name] = end
    return Made((cell(folder, name),), ("",), Execution(), lambda run: nullcontext())


def end(found: Cell, step: str = "20", finished: str = "1") -> None:
    """The state of a run."""
    store.write_tensors(found.path / store.STATE, {"x": torch.zeros(1)}, {"finished": finished, "step": step})


def finish(found: Cell) -> None:
    end(found)


def advance(found: Cell) -> None:
    """A worker that is killed a step further."""
    end(found, str((found.saved_step or 0) + 1), finished="0")


def run(jobs: list[Job], opened: Callable[[], Inline]) -> None:
    running.run(jobs, lambda: nullcontext(opened()), lambda: None)


def test_every_job_is_called_once(tmp_path: Path) -> None:
    executor = Inline()
    jobs = [job(tmp_path, name, finish) for name in "abc"]
    run(jobs, lambda: executor)
    assert executor.calls == jobs
    assert {each.cells[0].state for each in jobs} == {"finished"}


def test_what_a_killed_worker_had_is_handed_to_a_new_executor(tmp_path: Path) -> None:
    opened = [Killing(lambda call: call.cells[0].name == "b"), Inline()]
    both = list(opened)
    jobs = [job(tmp_path, name, finish) for name in "abc"]
    run(jobs, lambda: opened.pop(0))
    assert [[call.cells[0].name for call in executor.calls] for executor in both] == [["a", "b", "c"], ["b"]]
    assert {each.cells[0].state for each in jobs} == {"finished"}


def test_a_cell_that_kills_every_worker_fails_with_the_reason(tmp_path: Path) -> None:
    executor = Killing(lambda call: call.cells[0].name == "b")
    jobs = [job(tmp_path, name, finish) for name in "ab"]
    run(jobs, lambda: executor)
    assert [call.cells[0].name for call in executor.calls] == ["a", "b", "b", "b"]
    assert jobs[1].cells[0].state == "failed"
    assert jobs[1].cells[0].failure == "its worker ended 3 times without a step: a process was terminated abruptly"


def test_a_cell_that_gets_on_is_tried_as_often_as_it_takes(tmp_path: Path) -> None:
    executor = Inline()
    slow = job(tmp_path, "slow", lambda found: finish(found) if found.saved_step == 7 else advance(found))
    run([slow], lambda: executor)
    assert len(executor.calls) == 8
    assert slow.cells[0].state == "finished"


def test_a_pool_that_breaks_is_no_fault_of_cells_that_nobody_had_taken(tmp_path: Path) -> None:
    """Each pool breaks at its first cell, which then fails after three pools; the others wait all that time."""

    class Breaking(Killing):
        def submit(self, call, /, *values, **named):
            if self.calls:
                future: Future = Future()
                future.set_exception(BrokenExecutor("broken"))
                return future
            return super().submit(call, *values, **named)

    jobs = [job(tmp_path, name, finish) for name in ("bad", "worse", "good")]
    run(jobs, lambda: Breaking(lambda call: call.cells[0].name != "good"))
    assert [each.cells[0].state for each in jobs] == ["failed", "failed", "finished"]


def test_an_executor_without_a_living_worker_ends_the_sweep(tmp_path: Path) -> None:
    class Dead(Inline):
        def submit(self, call, /, *values, **named):
            raise BrokenExecutor("broken")

    jobs = [job(tmp_path, name, finish) for name in "ab"]
    run(jobs, Dead)
    assert [each.cells[0].failure for each in jobs] == ["its worker ended 3 times without a step"] * 2


def test_a_job_waits_for_the_run_that_it_starts_from(tmp_path: Path) -> None:
    executor = Inline()
    parent, child = job(tmp_path, "parent", finish), replace(job(tmp_path, "child", finish), origin=f"{tmp_path / 'parent'}@10")
    run([child, parent, job(tmp_path, "other", finish)], lambda: executor)
    assert [call.name for call in executor.calls] == ["parent", "other", "child"]


def test_a_job_fails_with_the_run_that_it_starts_from(tmp_path: Path) -> None:
    executor = Killing(lambda call: call.name == "parent")
    parent, child = job(tmp_path, "parent", finish), replace(job(tmp_path, "child", finish), origin=str(tmp_path / "parent"))
    run([child, parent], lambda: executor)
    assert [call.name for call in executor.calls] == ["parent"] * 3
    assert child.cells[0].failure == "it starts from parent, which is failed"


def test_an_interruption_cancels_what_waits(tmp_path: Path) -> None:
    class Never(Inline):
        def submit(self, call, /, *values, **named):
            from concurrent.futures import Future

            self.calls.append(future := Future())
            return future

    executor, ticks = Never(), []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.run([job(tmp_path, name, finish) for name in "ab"], lambda: nullcontext(executor), tick)
    assert all(future.cancelled() for future in executor.calls)


def test_the_jobs_of_a_batch_are_one_array(tmp_path: Path) -> None:
    class Batching(Inline):
        def batch(self):
            self.batches = getattr(self, "batches", 0) + 1
            return nullcontext()

    executor = Batching()
    run([job(tmp_path, name, finish) for name in "abc"], lambda: executor)
    assert executor.batches == 1


def test_a_job_can_be_sent_to_another_process(tmp_path: Path) -> None:
    import pickle

    from mechgrok.api.sweeping import unwatched

    made = Job((cell(tmp_path, "a"),), ("{}",), Execution("cpu", 1), unwatched)
    assert pickle.loads(pickle.dumps(made)) == made
    assert replace(made, configs=("",)) != made
