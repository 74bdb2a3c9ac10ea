"""States of all runs of a stack that change together: after a kill at any moment all runs have the state of one step.

Each run's new state is first written beside its old one. Only when all are there do they take the places of the old ones, and a kill
meanwhile leaves new states that the next start puts into place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mechgrok.runs import store

TOGETHER = "together"
"""The note of a state that says of how many runs the states were written together."""


def commit(runs: Sequence[Path]) -> None:
    """Puts the new state of every run into the place of its old one."""
    for run in runs:
        (run / store.NEXT_STATE).replace(run / store.STATE)


def recover(runs: Sequence[Path]) -> None:
    """Completes a commit that was begun, and removes new states of which some are missing."""
    waiting = {run: store.read_notes(run / store.NEXT_STATE) for run in runs if (run / store.NEXT_STATE).is_file()}
    for notes in {(each["step"], each[TOGETHER]) for each in waiting.values()}:
        own = [run for run, each in waiting.items() if (each["step"], each[TOGETHER]) == notes]
        placed = [run for run in runs if run not in own and _has(run, *notes)]
        if len(own) + len(placed) == int(notes[1]):
            commit(own)
        for run in own:
            (run / store.NEXT_STATE).unlink(missing_ok=True)


def _has(run: Path, step: str, together: str) -> bool:
    """Whether a run's state is one of those."""
    path = run / store.STATE
    notes = store.read_notes(path) if path.is_file() else {}
    return (notes.get("step"), notes.get(TOGETHER)) == (step, together)
