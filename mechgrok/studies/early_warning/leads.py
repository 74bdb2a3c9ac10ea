"""Alarms: how many steps before the test accuracy moves a number crosses a threshold that other runs have set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mechgrok.maths.statistics.alarms import first_alarm, highest, threshold
from mechgrok.maths.statistics.censored import Estimate, Times, median

FALSE_ALARMS = 0.1
"""The share of the runs without grokking, among those that choose, that the threshold lets raise an alarm."""


@dataclass(frozen=True)
class Lead:
    """The alarms of a number on the runs that judge."""

    warned: float
    """Share of the runs that grok with an alarm before the test accuracy moves."""
    false: float
    """Share of the others with an alarm."""
    lead: Estimate
    """Median of the steps from the alarm to the move over the runs that grok; -inf where half of them raise no alarm before it."""


def lead(table: pd.DataFrame, number: str, direction: float) -> Lead:
    """The alarms of a number in a direction, over the checkpoints before the test accuracy moves."""
    scores = table[["run", "seed", "step", "moved", "grokked"]].assign(score=direction * table[number].astype(float))
    choosing, judging = scores[scores["seed"] % 2 == 0], scores[scores["seed"] % 2 == 1]
    quiet = choosing[choosing["grokked"].isna()]
    above = threshold(highest(quiet["score"], pd.factorize(quiet["run"])[0]), FALSE_ALARMS)
    alarms = pd.DataFrame(_alarms(judging, above), columns=["groks", "alarm", "delay"])
    groks = alarms["groks"].astype(bool)
    late = alarms[groks]
    found = median(Times.of(late["delay"], late["alarm"]))
    return Lead(_share(late["alarm"]), _share(alarms[~groks]["alarm"]), Estimate(-found.value, -found.high, -found.low))


def _alarms(table: pd.DataFrame, above: float) -> Iterator[tuple[bool, bool, float]]:
    """For each run: whether it groks, whether it raises an alarm, and the steps from the move to the alarm.

    A run without an alarm is censored at its move, at 0, not at its last checkpoint, which may lie long before.
    """
    for _, rows in table.groupby("run"):
        moved, at = rows["moved"].iloc[0], first_alarm(rows["step"], rows["score"], above)
        delay = 0.0 if at is None else float(at - moved) if pd.notna(moved) else np.nan
        yield bool(rows["grokked"].notna().iloc[0]), at is not None, delay


def _share(found: pd.Series) -> float:
    return float(found.mean()) if len(found) else float("nan")
