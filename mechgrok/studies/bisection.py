"""The smallest train share that groks, sought by bisection: which run comes next, and what is known so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from mechgrok.analysis import Share, Study, Threshold, Trial
from mechgrok.report.numbers import NONE
from mechgrok.runs.run import open_run
from mechgrok.studies.finished import is_finished
from mechgrok.studies.pace import Interval, Time
from mechgrok.studies.trained import folder

Grokked = Mapping[float, bool]
"""Whether the run of a share grokked, for the shares that were tried."""


def next_share(shares: Sequence[float], grokked: Grokked) -> float | None:
    """The share half-way between the largest that did not grok and the smallest that did; None where they are neighbours."""
    low, high = _bounds(shares, grokked)
    return shares[(low + high) // 2] if high - low > 1 else None


def smallest(shares: Sequence[float], grokked: Grokked) -> float | None:
    """The smallest share that groks, infinite where none does; None where it is not known yet."""
    low, high = _bounds(shares, grokked)
    if high - low > 1:
        return None
    return shares[high] if high < len(shares) else math.inf


def _bounds(shares: Sequence[float], grokked: Grokked) -> tuple[int, int]:
    """The places of the largest share that did not grok and of the smallest that did; -1 and the number of shares where there is none."""
    low = max((place for place, share in enumerate(shares) if grokked.get(share) is False), default=-1)
    high = min((place for place, share in enumerate(shares) if grokked.get(share)), default=len(shares))
    return low, high


def tried(threshold: Threshold, seed: int, out: Path) -> dict[float, bool]:
    """Whether each finished run of a threshold grokked."""
    paths = {share: folder(out, threshold.at(share), seed) for share in threshold.shares}
    return {share: Time.of(open_run(path)).step is not None for share, path in paths.items() if path.is_dir() and is_finished(path)}


def next_runs(study: Study, out: Path) -> list[tuple[Trial, int]]:
    """The next run of each threshold and seed that still needs one. The run after it depends on whether it groks."""
    asked = [(threshold, seed) for seed in study.seeds for threshold in study.thresholds]
    shares = [(threshold, seed, next_share(threshold.shares, tried(threshold, seed, out))) for threshold, seed in asked]
    return [(threshold.at(share), seed) for threshold, seed, share in shares if share is not None]


def share_ratio(study: Study, wanted: Share, seed: int, out: Path) -> Interval | str:
    """The ratio of two smallest shares, or the reason why it is missing."""
    named = {threshold.name: threshold for threshold in study.thresholds}
    found = [smallest(named[name].shares, tried(named[name], seed, out)) for name in (wanted.threshold, wanted.than)]
    if None in found:
        return f"the smallest share is not known yet with seed {seed}"
    own, other = (each or 0.0 for each in found)
    return "no share of either groks" if math.isinf(own) and math.isinf(other) else (own / other, own / other)


def share_table(study: Study, out: Path) -> list[list[str]]:
    """The smallest share of each threshold by seed, rows by columns, below their heading."""
    columns = list(dict.fromkeys(each.column for each in study.thresholds))
    found = {(each.row, each.column): _cell(each, study.seeds, out) for each in study.thresholds}
    rows = dict.fromkeys(each.row for each in study.thresholds)
    return [["smallest share", *columns], *([row, *(found.get((row, column), "") for column in columns)] for row in rows)]


def _cell(threshold: Threshold, seeds: Sequence[int], out: Path) -> str:
    return ", ".join(_in_words(threshold, smallest(threshold.shares, tried(threshold, seed, out))) for seed in seeds)


def _in_words(threshold: Threshold, share: float | None) -> str:
    if share is None:
        return NONE
    return f"> {threshold.shares[-1]:g}" if math.isinf(share) else f"{share:g}"
