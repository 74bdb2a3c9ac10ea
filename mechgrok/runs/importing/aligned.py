"""Lists of records whose last loss is that of the last weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from mechgrok.runs.importing.containers.undated import Undated
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.loss_check import LossCheck


def with_lists_aligned(foreign: Foreign, lists: Sequence[Undated], checks: Sequence[LossCheck]) -> Foreign:
    """The records of a split's lists an interval later, where the last loss is that of the last weights, and they end an interval before.

    A loop may compute a loss before or after the update of its turn; a list without steps does not say which.

    Parameters
    ----------
    foreign : Foreign
        With steps.
    lists : sequence of Undated
        The lists of the file that have no steps beside them.
    checks : sequence of LossCheck
        Of the last weights.

    Returns
    -------
    Foreign
    """
    last = max(step for step in foreign.snapshots if step is not None)
    ours = {
        quantity: {each.split for each in lists if each.quantity == quantity and _ends_before(series.get(each.split, {}), last)}
        for quantity, series in (("loss", foreign.recorded), ("accuracy", foreign.accuracies))
    }
    late = [each.split for each in checks if each.is_exact and each.split in ours["loss"]]
    if not late:
        return foreign
    note = f"the {' and '.join(late)} losses are recorded after the update, since the last of them is that of the last weights"
    recorded = _later(foreign.recorded, late)
    accuracies = _later(foreign.accuracies, ours["accuracy"].intersection(late))
    return replace(foreign, recorded=recorded, accuracies=accuracies, notes=(*foreign.notes, note))


def _ends_before(series: Mapping[int, float], last: int) -> bool:
    """Whether a series ends an interval before a step."""
    return len(series) > 1 and last - max(series) == _interval(series)


def _interval(series: Mapping[int, float]) -> int:
    before, after = sorted(series)[-2:]
    return after - before


def _later(by_split: Mapping[str, Mapping[int, float]], late: Collection[str]) -> dict[str, Mapping[int, float]]:
    return {split: _shifted(series) if split in late else series for split, series in by_split.items()}


def _shifted(series: Mapping[int, float]) -> dict[int, float]:
    interval = _interval(series)
    return {step + interval: value for step, value in series.items()}
