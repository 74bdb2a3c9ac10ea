"""The recorded tables: their checksums, the order of steps, and readings that are missing or impossible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mechgrok.auditing.finding import Finding
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run import Run
from mechgrok.training.growing_csv import GrowingCsv
from mechgrok.training.recorder import saved_step
from mechgrok.training.recording_steps import RecordingSteps

if TYPE_CHECKING:
    import pandas as pd


def tables(run: Run) -> Iterator[Finding]:
    """Tables that have changed since the state was written."""
    path = run.path / store.STATE
    notes = store.read_notes(path) if path.is_file() else {}
    for name, file in (("metrics", store.METRICS), ("probes", store.PROBES)):
        if name not in notes:
            continue
        try:
            GrowingCsv(run.path / file, ()).require(name, notes)
        except UserError as error:
            yield Finding(file, str(error).removeprefix(f"{run.path / file} ").partition(";")[0])


def order(run: Run) -> Iterator[Finding]:
    """Readings out of order, recorded twice, missing, or outside of what a loss and an accuracy can be."""
    found = run.metrics
    if found.empty:
        return
    if not found["step"].is_monotonic_increasing:
        step = int(found["step"][found["step"].diff() < 0].iloc[0])
        yield Finding(store.METRICS, f"step {step} stands after a later one; the file holds readings of several runs, or was edited")
    if (twice := found[found.duplicated(["step", "split"])]).size:
        yield Finding(store.METRICS, f"step {int(twice['step'].iloc[0])} of {twice['split'].iloc[0]} stands there twice")
    impossible = found[(found["loss"] < 0) | (found["accuracy"] < 0) | (found["accuracy"] > 1)]
    if len(impossible):
        yield Finding(store.METRICS, f"step {int(impossible['step'].iloc[0])} has a loss below 0, or an accuracy outside of 0 to 1")
    yield from _missing(run, found)


def _missing(run: Run, found: pd.DataFrame) -> Iterator[Finding]:
    last = saved_step(run.path) if "device" in run.execution else None
    if last is None:
        return
    steps, there = RecordingSteps(run.config), set(found["step"])
    lacking = [step for step in range(last + 1) if steps.evaluates(step) and step not in there]
    if lacking:
        yield Finding(store.METRICS, f"{len(lacking)} evaluated steps are missing, the first is step {lacking[0]}; restore it from a copy")
