"""The number that is best on the runs that choose, beside its rivals, on the runs that judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mechgrok.studies.early_warning.at_risk import BOTH, SETTING, STEPS, AtRisk
from mechgrok.studies.early_warning.judging import COMPARISONS, Judge, Judged, judge
from mechgrok.studies.early_warning.readings import RENAMED, is_frozen

TRAIN_LOSS, TEST_LOSS, NORM = "loss: train", "loss: test", "weight-norms: total"
TRIVIAL = (TRAIN_LOSS, NORM, STEPS)
"""The predictors that need no measure of a circuit."""
RIVALS = (*TRIVIAL, TEST_LOSS, SETTING, BOTH)
JUDGING = ("auroc", "low", "high")
"""The columns of the AUROC on the runs that judge, with its interval."""


def candidates(at_risk: AtRisk) -> list[str]:
    """The numbers among which the best is chosen: known in every configuration, without the future, and no rival."""
    known = at_risk.scores.notna().groupby(at_risk.rows["setting"]).any().all()
    everywhere = [name for name in at_risk.numbers if known[name] and name not in RIVALS]
    return [name for name in everywhere if not name.endswith(RENAMED) and not is_frozen(name)]


def areas(at_risk: AtRisk, numbers: Sequence[str], comparisons: Sequence[str] = tuple(COMPARISONS)) -> pd.DataFrame:
    """A row for each number and comparison: direction and AUROC on the runs that choose, AUROC with its interval on those that judge.

    Each AUROC is NaN where the runs that choose make no pair, since the number has no direction then.
    """
    judges = {comparison: judge(at_risk, comparison) for comparison in comparisons}
    return pd.DataFrame(_area(by, number, comparison) for comparison, by in judges.items() for number in numbers)


def _area(by: Judge, number: str, comparison: str) -> dict[str, object]:
    direction = _direction(by, number)
    found = {"comparison": comparison, "number": number, "direction": int(direction), "auroc_choosing": by.choosing(number, direction)}
    return {**found, **(_on_judging(by.judged(number, direction)) if direction else dict.fromkeys(JUDGING, np.nan))}


def _on_judging(found: Judged) -> dict[str, float]:
    return dict(zip(JUDGING, (found.auroc, *found.interval), strict=True))


def _direction(by: Judge, number: str) -> float:
    """That of the number itself for a renamed network."""
    return by.direction(number.removesuffix(RENAMED))


def best(table: pd.DataFrame, numbers: Sequence[str]) -> dict[str, str]:
    """Of each comparison the number with the largest AUROC on the runs that choose."""
    among = table[table["number"].isin(numbers)].dropna(subset=["auroc_choosing"])
    found = among.loc[among.groupby("comparison")["auroc_choosing"].idxmax()]
    return dict(zip(found["comparison"], found["number"], strict=True))


def against(at_risk: AtRisk, comparison: str, number: str) -> pd.DataFrame:
    """A row for each rival of a number, its null among them: AUROC of both on the runs that judge, and their difference."""
    by = judge(at_risk, comparison)
    null = [number + RENAMED] if number + RENAMED in at_risk.numbers else []
    own = by.judged(number, _direction(by, number))
    found = {name: by.judged(name, _direction(by, name)) for name in (*null, *RIVALS)}
    return pd.DataFrame(
        {"rival": name, "auroc": each.auroc, "difference": own.less(each).auroc, **_ends(own.less(each).interval)}
        for name, each in found.items()
    )


def _ends(found: tuple[float, float]) -> dict[str, float]:
    return {"low": found[0], "high": found[1]}
