"""The audit of a run: all checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mechgrok.auditing import checkpoints, leftovers, losses, metrics, origin, results, split
from mechgrok.auditing.finding import Finding, refusals
from mechgrok.engine.progress import Tick
from mechgrok.engine.results import RESULTS
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run import Run, open_run

SAMPLE = 20
"""Checkpoints whose losses are computed again by default: the first, the last, and others at equal distances."""
_CHECKS: tuple[tuple[str, Callable[[Run], Iterator[Finding]]], ...] = (
    (store.SPLIT, split.split),
    (store.WEIGHTS, checkpoints.steps),
    (store.STATE, checkpoints.state),
    (store.METRICS, metrics.tables),
    (store.METRICS, metrics.order),
    (store.LINEAGE, origin.lineage),
    (RESULTS, results.results),
    (".", leftovers.leftovers),
)
"""Checks that read no loss, with the place to which a refusal of theirs is assigned."""


@dataclass(frozen=True)
class Audit:
    """What was found in a run, and how much of it was computed again."""

    path: Path
    findings: tuple[Finding, ...]
    checkpoints: int = 0
    recomputed: int = 0
    left_out: str = ""
    """Why no losses were computed again; empty where they were."""

    def __str__(self) -> str:
        count = f"{len(self.findings) or 'no'} finding{'s' * (len(self.findings) != 1)}"
        losses_of = f"losses of {self.recomputed} computed again" if not self.left_out else f"no losses computed again: {self.left_out}"
        return f"{self.path}: {count}; {self.checkpoints} checkpoints read, {losses_of}"


def audit(path: Path, *, every: bool = False, tick: Tick | None = None) -> Audit:
    """Audits the run in a folder: of all checkpoints the losses with `every`, else those of a sample; `tick` is called after each."""
    try:
        run = open_run(path)
        _ = run.config, run.execution, run.metrics
    except UserError as error:
        return Audit(path, (Finding(store.CONFIG, str(error)),), left_out="the run cannot be opened")
    found: list[Finding] = []
    for place, check in _CHECKS:
        with refusals(place, found.append):
            found += check(run)
    return _with_checkpoints(run, found, every, tick)


def _with_checkpoints(run: Run, found: list[Finding], every: bool, tick: Tick | None) -> Audit:
    """The audit with the checksums of all checkpoints and the losses of some."""
    steps, reason = run.steps, _obstacle(run)
    chosen = set() if reason else set(steps if every else sample(steps))
    compared: list[losses.Comparison] = []
    again = None
    with refusals(store.SPLIT, found.append):
        again = losses.Recomputation(run) if chosen else None
    for done, step in enumerate(steps, 1):
        if broken := checkpoints.damaged(run, step):
            found.append(broken)
        elif again and step in chosen:
            compared.append(again.at(step))
        if tick:
            tick(done, len(steps))
    return Audit(run.path, tuple(dict.fromkeys([*found, *losses.judge(compared)])), len(steps), len(compared), reason or "")


def _obstacle(run: Run) -> str | None:
    """Why no losses are computed again; None where they are."""
    try:
        return losses.obstacle(run)
    except UserError as error:
        return str(error)


def sample(steps: Sequence[int]) -> list[int]:
    """At most SAMPLE of the steps, with the first and the last."""
    return [steps[place] for place in np.unique(np.linspace(0, len(steps) - 1, min(SAMPLE, len(steps))).round().astype(int))]
