"""How often the intervals of mechgrok/maths/statistics/censored.py hold the true value, and how often its test rejects a true hypothesis.

`python benchmarks/interval_coverage.py [draws]` prints what docs/decisions/0018-times-of-several-runs.md shows. Times are drawn from a
log-normal distribution with median 1 and sigma .5. Censoring is absent; at one step for all runs, as where all have the same last step;
or at a step of each run's own, drawn so that 40 % are censored. Shares are those of the draws for which an interval is given.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from functools import cache

import numpy as np

from mechgrok.maths.statistics import censored
from mechgrok.maths.statistics.censored import Estimate, Times, log_rank, median, ratio_of_medians

SIGMA, FACTOR = 0.5, 2.0
"""Of the logarithm of a time; the true ratio of two medians."""
SIZES = (6, 10, 30)
CENSORING = ("none", "40 % at one step", "40 % at steps of their own")
QUANTILE = 0.2533471
"""Of a standard normal distribution at .6."""


def main() -> None:
    """Prints the tables."""
    warnings.simplefilter("ignore")
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print("| runs | censored | interval given | holds the median | too high | too low |", "|---|---|---|---|---|---|", sep="\n")
    for count, censoring in _cases(CENSORING):
        print(f"| {count} | {censoring} | {' | '.join(_coverage(count, censoring, draws))} |", flush=True)
    print("", "| runs a group | censored | interval holds the ratio | log-rank test rejects |", "|---|---|---|---|", sep="\n")
    for count, censoring in _cases(CENSORING[:2]):
        cells = (_ratio(count, censoring, draws // 10), _rejections(count, censoring, draws // 10))
        print(f"| {count} | {censoring} | {' | '.join(cells)} |", flush=True)
    _without_the_rule(draws)


def _without_the_rule(draws: int) -> None:
    """Prints the coverage of the intervals of six that are not given."""
    censored.FEWEST_MIXED = censored.FEWEST
    _by_rank.cache_clear()
    print("", f"not given, of six: {_coverage(6, CENSORING[2], draws)[1]}", sep="\n")


def _cases(kinds: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    return ((count, censoring) for count in SIZES for censoring in kinds)


def _drawn(draw: np.random.Generator, count: int, censoring: str, scale: float = 1.0) -> Times:
    times = scale * np.exp(SIGMA * draw.standard_normal(count))
    last = {
        "none": np.full(count, np.inf),
        "40 % at one step": np.full(count, scale * np.exp(SIGMA * QUANTILE)),
        "40 % at steps of their own": scale * np.exp(SIGMA * (draw.standard_normal(count) + 2**0.5 * QUANTILE)),
    }[censoring]
    return Times(np.minimum(times, last), times <= last)


@cache
def _by_rank(reached: tuple[bool, ...]) -> Estimate:
    """The estimate for times 1, 2, ...: all that it depends on is the order of events and censored times."""
    return median(Times.of(range(1, len(reached) + 1), reached))


def _coverage(count: int, censoring: str, draws: int) -> list[str]:
    draw, given, high, low = np.random.default_rng(0), 0, 0, 0
    for _ in range(draws):
        times = _drawn(draw, count, censoring)
        order = np.argsort(times.at)
        ranks = _by_rank(tuple(times.reached[order].tolist()))
        if ranks.has_interval:
            ends = [np.inf if np.isinf(end) else times.at[order][int(end) - 1] for end in (ranks.low, ranks.high)]
            given, high, low = given + 1, high + (ends[0] > 1), low + (ends[1] < 1)
    return [_share(given, draws), _share(given - high - low, given), _share(high, given), _share(low, given)]


def _ratio(count: int, censoring: str, draws: int) -> str:
    """The coverage for a slower group with censored times and a faster one without, as where both end at the same step."""
    draw, given, right = np.random.default_rng(1), 0, 0
    for _ in range(draws):
        found = ratio_of_medians(_drawn(draw, count, censoring, FACTOR), _drawn(draw, count, "none"))
        given, right = given + found.has_interval, right + (found.low <= FACTOR <= found.high)
    return _share(right, given)


def _rejections(count: int, censoring: str, draws: int) -> str:
    draw = np.random.default_rng(2)
    p = [log_rank(_drawn(draw, count, censoring), _drawn(draw, count, censoring)) for _ in range(draws)]
    return _share(sum(each < 0.05 for each in p), draws)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


if __name__ == "__main__":
    main()
