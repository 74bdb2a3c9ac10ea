"""The numbers of measures at the checkpoints of a run, and of the same networks with renamed number tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from mechgrok.engine.registry import as_measure
from mechgrok.engine.work import Work
from mechgrok.errors import UnavailableError
from mechgrok.measures.base.keyed import Keyed
from mechgrok.measures.base.measure import BaseMeasure, Measure
from mechgrok.runs.run import Run
from mechgrok.studies.comparing.headlines import is_number

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

RENAMED = " of renamed tokens"
"""Ending of the name of a number of the network with renamed tokens."""
OWN_KEYS = "keys=own"


def variants(names: Sequence[str]) -> list[BaseMeasure]:
    """The measures of checkpoints with these names; those of key frequencies with the last checkpoint's keys and with their own."""
    found = [as_measure(name) for name in names]
    with_keys = [as_measure(f"{each.name}({OWN_KEYS})") for each in found if isinstance(each, Keyed)]
    return [each for each in (*found, *with_keys) if not each.per_run]


def is_frozen(number: str) -> bool:
    """Whether a number uses the key frequencies of the last checkpoint, and with them the future."""
    measure = measure_of(number)
    return isinstance(measure, Keyed) and measure.keys == "last"


def measure_of(number: str) -> BaseMeasure:
    """The measure of a number `label: key`."""
    return as_measure(number.partition(": ")[0])


def readings(run: Run, measures: Sequence[BaseMeasure], steps: Sequence[int], *, renamed: bool = False) -> pd.DataFrame:
    """The single numbers of the headlines of measures, rows by step, columns `label: key`; or those of a `renamed` network a step.

    Measures that do not apply to the run have no column, as those without a null for renamed networks. A number that is missing at a step
    is NaN. Results are not stored with the run, since hashing what they depend on would take longer than most of them.
    """
    work = Work(run)
    chosen = [each for each in measures if isinstance(each, Measure) and work.obstacle(each) is None and (each.has_null or not renamed)]
    rows = [_at(work, chosen, step, renamed) for step in steps]
    return pd.DataFrame(rows, index=pd.Index(steps, name="step")).add_suffix(RENAMED if renamed else "")


def _at(work: Work, measures: Sequence[Measure], step: int, renamed: bool) -> dict[str, float]:
    import torch

    network = work.snapshot(step)
    if renamed:
        network = network.relabelled(torch.Generator().manual_seed(step))
    numbers = {each.label: _numbers(work, each, network, step) for each in measures}
    return {f"{label}: {key}": value for label, found in numbers.items() for key, value in found.items()}


def _numbers(work: Work, measure: Measure, network: Snapshot, step: int) -> dict[str, float]:
    """The single numbers of the headline; none where the measure finds out only now that it does not apply.

    Truth values, words, lists and what is missing are left out.
    """
    try:
        table = measure.compute(measure.view(network), work.given(measure, step))
    except UnavailableError:
        return {}
    headline = measure.headline(table.assign(step=step))
    return {key: float(value) for key, value in headline.items() if is_number(value)}
