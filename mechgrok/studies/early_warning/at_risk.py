"""The checkpoints from which a warning is judged, the halves of the runs, and predictors that look at no measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mechgrok.studies.early_warning.outcome import Outcome

HORIZON = 400
"""Steps within which a run groks, or does not."""
STEPS, SETTING, BOTH = "steps so far", "configuration alone", "configuration and steps so far"


@dataclass(frozen=True)
class AtRisk:
    """Checkpoints before the test accuracy moves for which it is known whether the run groks within the horizon.

    Attributes
    ----------
    rows : DataFrame
        Columns run, setting (integers from 0), step, positive, judged. Runs with even seeds choose, runs with odd seeds judge.
    scores : DataFrame
        A column for each number, with the same rows; the predictors without a measure are among them.
    """

    rows: pd.DataFrame
    scores: pd.DataFrame

    @property
    def numbers(self) -> list[str]:
        """The names of the numbers."""
        return list(map(str, self.scores.columns))


def at_risk(table: pd.DataFrame, facts: list[str], horizon: int = HORIZON) -> AtRisk:
    """The checkpoints of a collected table."""
    ends = zip(table["moved"], table["grokked"], table["last"], table["best"], strict=True)
    known = [Outcome(_step(moved), _step(grokked), last, best) for moved, grokked, last, best in ends]
    within = [found.groks_within(step, horizon) for found, step in zip(known, table["step"], strict=True)]
    early = [found.moved is None or step < found.moved for found, step in zip(known, table["step"], strict=True)]
    inside = [is_known is not None and is_early for is_known, is_early in zip(within, early, strict=True)]
    kept, positive = table[inside].reset_index(drop=True), [each for each, is_in in zip(within, inside, strict=True) if is_in]
    codes = {name: pd.factorize(kept[name], sort=True)[0] for name in ("run", "setting")}
    rows = pd.DataFrame({**codes, "step": kept["step"], "positive": positive, "judged": kept["seed"] % 2 == 1})
    scores = [kept.drop(columns=["step", *facts]).astype(float), pd.DataFrame(_without_measures(rows))]
    return AtRisk(rows, pd.concat(scores, axis=1))


def _step(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _without_measures(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Steps so far, and the share of positive checkpoints with the same setting (and step) among the runs that choose.

    A setting and step without such a checkpoint has the share of the setting.
    """
    choosing = rows[~rows["judged"]]
    of_setting = choosing.groupby("setting")["positive"].mean()
    of_both = choosing.groupby(["setting", "step"])["positive"].mean()
    alone = rows["setting"].map(of_setting).to_numpy(dtype=float)
    found = of_both.reindex(pd.MultiIndex.from_frame(rows[["setting", "step"]])).to_numpy(dtype=float)
    return {STEPS: rows["step"].to_numpy(dtype=float), SETTING: alone, BOTH: np.where(np.isnan(found), alone, found)}
