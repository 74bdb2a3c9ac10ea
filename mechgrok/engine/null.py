"""The null of every measure: the same weights with the number tokens randomly relabelled.

Relabelling keeps norms and ranks and removes the structure that comes from the task's algebra. The z-score of a headline measures how far
it lies from the relabelled networks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mechgrok.engine import results
from mechgrok.engine.outcomes import Null, Result
from mechgrok.engine.sources import Sources
from mechgrok.engine.work import Work
from mechgrok.errors import UnavailableError
from mechgrok.measures.base.measure import Measure

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

Relabelled = dict[int, "list[Snapshot]"]
"""Relabelled networks by step."""


def made_before(work: Work, at: Mapping[Measure, int], draws: int) -> Relabelled:
    """The relabelled networks of a large table at the steps of the comparison, made before its measures run.

    The pass through the rows that serves the measures then gives the sums of the relabelled networks too.
    """
    from mechgrok.runs import large

    if not draws or not work.run.steps or not large.is_large(work.run.grid):
        return {}
    return {step: _relabelled(work, step, draws) for step in set(at.values())}


def _relabelled(work: Work, step: int, draws: int) -> list[Snapshot]:
    import torch

    return [work.snapshot(step).relabelled(torch.Generator().manual_seed(seed)) for seed in range(draws)]


def nulls(work: Work, at: Mapping[Measure, int], draws: int, made: Relabelled | None = None) -> tuple[dict[Measure, Null], list[str]]:
    """The null of each measure at its step, from so many relabelled networks, and notes on those left out; stored ones are reused."""
    by = Sources().digest([__name__])
    stamps = {measure: f"{draws} draws by {by}; {work.stamp(measure, step)}" for measure, step in at.items() if work.is_stored(measure)}
    found = {measure: _stored(work, measure, step, stamps) for measure, step in at.items()}
    todo = {measure: step for measure, step in at.items() if found[measure] is None}
    drawn, left_out = _draws(work, todo, draws, made or {})
    for measure, values in drawn.items():
        table = work.table(measure, todo[measure]).assign(step=todo[measure])
        found[measure] = compare(_numbers(measure, table), values)
    found |= {measure: {} for measure in left_out}
    for measure in [*drawn, *left_out]:
        if measure in stamps:
            results.save_null(work.run.beside, measure, todo[measure], stamps[measure], found[measure] or {})
    return {measure: null for measure, null in found.items() if null is not None}, _notes(left_out)


def _notes(left_out: Mapping[Measure, str]) -> list[str]:
    """A line for each reason why measures have no null."""
    by_reason: dict[str, list[str]] = {}
    for measure, reason in left_out.items():
        by_reason.setdefault(reason, []).append(measure.label)
    return [f"no null of {', '.join(labels)}: {reason}" for reason, labels in by_reason.items()]


def _stored(work: Work, measure: Measure, step: int, stamps: Mapping[Measure, str]) -> Null | None:
    return results.load_null(work.run.beside, measure, step, stamps[measure]) if measure in stamps else None


def _draws(
    work: Work, todo: Mapping[Measure, int], draws: int, made: Relabelled
) -> tuple[dict[Measure, list[dict[str, float]]], dict[Measure, str]]:
    """The numbers of each measure in each relabelled network, and why measures are left out."""
    values: dict[Measure, list[dict[str, float]]] = {measure: [] for measure in todo}
    left_out: dict[Measure, str] = {}
    for step in sorted(set(todo.values())):
        networks = made.get(step) or _relabelled(work, step, draws)
        while networks:
            relabelled = networks.pop(0)
            for measure in [measure for measure in values if todo[measure] == step]:
                try:
                    table = measure.compute(measure.view(relabelled), work.given(measure, step)).assign(step=step)
                    values[measure].append(_numbers(measure, table))
                except UnavailableError as error:
                    left_out[measure] = str(error)
                    del values[measure]
                except Exception:
                    # A measure that cannot cope with relabelled tokens goes without a null; the others keep theirs.
                    del values[measure]
    return values, left_out


def _numbers(measure: Measure, table: pd.DataFrame) -> dict[str, float]:
    headline = Result(measure, table).headline
    return {key: float(value) for key, value in headline.items() if isinstance(value, int | float)}


def compare(observed: Mapping[str, float], drawn: list[dict[str, float]]) -> Null:
    """{key: {"mean", "z"}}: the null's mean, and (observed - mean) / standard deviation; z is None where all draws agree."""
    return {key: _compare_one(value, [draw[key] for draw in drawn if key in draw]) for key, value in observed.items()}


def _compare_one(observed: float, drawn: list[float]) -> dict[str, float | None]:
    if len(drawn) < 2:
        return {"mean": drawn[0] if drawn else None, "z": None}
    mean, deviation = float(np.mean(drawn)), _deviation(drawn)
    unchanged = deviation <= 1e-9 * max(abs(mean), abs(observed))
    return {"mean": mean, "z": None if unchanged else (observed - mean) / deviation}


def _deviation(values: list[float]) -> float:
    """The standard deviation of a sample, in units of a power of two, so that squares of large numbers do not overflow."""
    exponent = math.frexp(max(map(abs, values)))[1]
    return math.ldexp(float(np.std(np.ldexp(values, -exponent), ddof=1)), exponent)
