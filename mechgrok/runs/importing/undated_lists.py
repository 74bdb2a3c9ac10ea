"""Steps of the records in lists that have no steps beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mechgrok.runs.importing.containers.undated import Undated
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.intervals import infer_intervals

Dated = list[tuple[Undated, dict[int, float]]]


def with_steps(foreign: Foreign, every: int | None) -> Foreign:
    """The records of all lists by step, with notes on their intervals: `every` updates as the user gives, else those up to the weights."""
    if not foreign.undated:
        return foreign
    last = max((step for step in foreign.snapshots if step is not None), default=None)
    ends = {each.end for each in foreign.undated}
    dated, notes = date_lists(foreign.undated, ends.pop() or last, every)
    return replace(
        foreign,
        recorded=with_lists(foreign.recorded, dated, "loss"),
        accuracies=with_lists(foreign.accuracies, dated, "accuracy"),
        undated=(),
        notes=(*foreign.notes, *notes),
    )


def date_lists(lists: Sequence[Undated], end: int | None, every: int | None) -> tuple[Dated, list[str]]:
    """The lists with a step for each record, and notes; `end` is the step of the weights. Lists that fit no interval are left out."""
    intervals = infer_intervals([len(each.values) for each in lists], end, every)
    longest = max(len(each.values) for each in lists)
    base = next(interval for each, interval in zip(lists, intervals, strict=True) if len(each.values) == longest) or 1
    known = [(each, interval) for each, interval in zip(lists, intervals, strict=True) if interval is not None]
    dated = [(each, {base * each.first + interval * at: value for at, value in enumerate(each.values)}) for each, interval in known]
    lost = [each for each, interval in zip(lists, intervals, strict=True) if interval is None]
    missing = [f"left out {each.name}: its {len(each.values)} records beside {longest} others fit no interval" for each in lost]
    return dated, [*_notes(known, end, every), *missing]


def with_lists(series: Mapping[str, Mapping[Any, float]], dated: Dated, quantity: str) -> dict[str, Mapping[Any, float]]:
    """Records by split and step, with those of the lists of one quantity among them."""
    lists: dict[str, dict[int, float]] = {each.split: values for each, values in dated if each.quantity == quantity}
    return {
        split: {**lists.get(split, {}), **series.get(split, {})} for split in (*series, *(each for each in lists if each not in series))
    }


def _notes(known: Sequence[tuple[Undated, int]], end: int | None, every: int | None) -> Iterator[str]:
    """A sentence for all lists of one length and interval."""
    groups: dict[tuple[int, int], list[str]] = {}
    for each, interval in known:
        groups.setdefault((len(each.values), interval), []).append(each.name)
    for (count, interval), names in groups.items():
        listed = ", ".join(dict.fromkeys(name.rpartition(".")[2] for name in names))
        how = "one an update" if interval == 1 else f"one every {interval} updates"
        late = f"; they go on after the weights of step {end}" if end is not None and interval * (count - 1) > end else ""
        if every is not None:
            yield f"the {count} records of {listed}: {how}, as --record-every gives{late}"
        else:
            yield f"no steps beside the {count} records of {listed}: {how} is assumed{late} (correct it by --record-every N)"
