"""The numbers of measures at the checkpoints of a run, and of the same networks with renamed number tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    return _uses_last(as_measure(number.partition(": ")[0]))


def _uses_last(measure: BaseMeasure) -> bool:
    return isinstance(measure, Keyed) and measure.keys == "last"


def readings(run: Run, measures: Sequence[BaseMeasure], steps: Sequence[int]) -> pd.DataFrame:
    """The single numbers of the headlines of measures, rows by step, columns `label: key`, and the same of a renamed network.

    Renamed networks are measured where no future is used. Measures that do not apply to the run have no column, and a number that is
    missing at a step is NaN.
    """
    work = Work(run)
    chosen = [each for each in measures if isinstance(each, Measure) and work.obstacle(each) is None]
    rows = [_at(work, chosen, step) for step in steps]
    return pd.DataFrame(rows, index=pd.Index(steps, name="step"))


def _at(work: Work, measures: Sequence[Measure], step: int) -> dict[str, float]:
    """The numbers at a step. Results are not stored with the run: hashing what they depend on would take longer than they do."""
    import torch

    network = work.snapshot(step)
    renamed = network.relabelled(torch.Generator().manual_seed(step))
    found: dict[str, float] = {}
    for measure in measures:
        found |= _named(measure, _numbers(work, measure, network, step))
        if measure.has_null and not _uses_last(measure):
            found |= _named(measure, _numbers(work, measure, renamed, step), RENAMED)
    return found


def _named(measure: Measure, numbers: Mapping[str, float], ending: str = "") -> dict[str, float]:
    return {f"{measure.label}: {key}{ending}": value for key, value in numbers.items()}


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
