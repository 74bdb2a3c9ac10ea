"""Several checkpoints at a time give what one after the other gives."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.engine.threads import visit_in_threads
from mechgrok.runs import grid
from mechgrok.runs.run import Run, open_run

STEPS = tuple(range(0, 60, 10))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(make_run(tmp_path / "run", steps=STEPS))


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


def test_each_is_visited_once_and_as_many_at_once_as_there_are_threads(run: Run) -> None:
    meeting, seen = threading.Barrier(3, timeout=20), []

    def visit(step: int) -> None:
        meeting.wait()
        seen.append((step, torch.get_num_threads()))

    assert len(list(visit_in_threads(visit, STEPS, run))) == len(STEPS)
    assert sorted(seen) == [(step, 1) for step in STEPS]


def test_large_tables_are_visited_one_by_one_with_all_threads(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "ROWS_AT_ONCE", 48)
    seen: list[tuple[int, int, int]] = []
    list(visit_in_threads(lambda step: seen.append((step, torch.get_num_threads(), threading.get_ident())), STEPS, run))
    assert seen == [(step, 3, threading.get_ident()) for step in STEPS]


def test_after_an_exception_no_other_step_is_begun(run: Run) -> None:
    seen: list[int] = []

    def visit(step: int) -> None:
        seen.append(step)
        if step == 0:
            raise KeyboardInterrupt
        time.sleep(0.05)

    with pytest.raises(KeyboardInterrupt):
        list(visit_in_threads(visit, range(100), run))
    assert len(seen) < 50


@pytest.mark.long
def test_the_tables_are_those_of_one_thread(tmp_path: Path) -> None:
    tables = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        found = analyze(open_run(make_run(tmp_path / str(threads), steps=STEPS)), nulls=0)
        tables.append({label: outcome.table for label, outcome in found.items() if isinstance(outcome, Result)})
    assert len(tables[0]) > 20
    for label, table in tables[0].items():
        pd.testing.assert_frame_equal(table, tables[1][label], rtol=1e-9, atol=1e-12)
