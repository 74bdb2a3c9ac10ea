"""Estimates and comparisons as text."""

from __future__ import annotations

import math

from mechgrok.maths.statistics.censored import Estimate
from mechgrok.report.numbers import NONE, show
from mechgrok.studies.comparing.paired_numbers import PairedNumber
from mechgrok.studies.comparing.pairs import Pair

NBSP = "\u00a0"


def estimate_text(found: Estimate, last: float) -> str:
    """An estimate with its interval; `> last` for an end beyond all events."""
    if math.isnan(found.value):
        return NONE
    interval = f" ({_end(found.low, last)} to {_end(found.high, last)})" if found.has_interval and not math.isinf(found.low) else ""
    return f"{_end(found.value, last)}{interval}".replace(" ", NBSP)


def _end(value: float, last: float) -> str:
    return f"> {show(int(last))}" if math.isinf(value) else show(int(value))


def pair_texts(pair: Pair) -> tuple[str, str, str, str]:
    """The groups, the ratio of their medians with its interval, p, and p corrected."""
    return f"{pair.one} / {pair.other}", _ratio(pair.ratio), show(pair.p, 2), show(pair.corrected, 2)


def paired_texts(each: PairedNumber) -> tuple[str, ...]:
    """The number, the groups, how many seeds they share, the mean difference, its interval, p, and p corrected."""
    found = each.difference
    of = (each.number, f"{each.one} \u2212 {each.other}", show(each.seeds))
    return *of, show(found.mean, 3), f"{show(found.low, 3)} to {show(found.high, 3)}", show(found.p, 2), show(each.corrected, 2)


def _ratio(ratio: Estimate) -> str:
    if math.isnan(ratio.value) or math.isinf(ratio.value) or ratio.value == 0:
        return "not determined: half of a group did not get there"
    if not ratio.has_interval:
        return show(ratio.value, 3)
    return f"{show(ratio.value, 3)} ({show(ratio.low, 3)} to {'∞' if math.isinf(ratio.high) else show(ratio.high, 3)})"
