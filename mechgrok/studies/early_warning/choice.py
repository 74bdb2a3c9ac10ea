"""The number that is best on the runs that choose, beside its rivals, on the runs that judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from mechgrok.studies.early_warning.at_risk import BOTH, SETTING, STEPS, AtRisk
from mechgrok.studies.early_warning.judging import COMPARISONS, Judge, judge
from mechgrok.studies.early_warning.readings import RENAMED, is_frozen

TRAIN_LOSS, TEST_LOSS, NORM = "loss: train", "loss: test", "weight-norms: total"
TRIVIAL = (TRAIN_LOSS, NORM, STEPS)
"""The predictors that need no measure of a circuit."""
RIVALS = (*TRIVIAL, TEST_LOSS, SETTING, BOTH)


def candidates(at_risk: AtRisk) -> list[str]:
    """The numbers among which the best is chosen: known in every configuration, without the future, and no rival."""
    known = at_risk.scores.notna().groupby(at_risk.rows["setting"]).any().all()
    everywhere = [name for name in at_risk.numbers if known[name] and name not in RIVALS]
    return [name for name in everywhere if not name.endswith(RENAMED) and not is_frozen(name)]


def areas(at_risk: AtRisk, numbers: Sequence[str], comparisons: Sequence[str] = tuple(COMPARISONS)) -> pd.DataFrame:
    """A row for each number and comparison: direction and AUROC on the runs that choose, AUROC with its interval on those that judge."""
    judges = {comparison: judge(at_risk, comparison) for comparison in comparisons}
    return pd.DataFrame(_area(by, number, comparison) for comparison, by in judges.items() for number in numbers)


def _area(by: Judge, number: str, comparison: str) -> dict[str, object]:
    direction, chosen = by.direction(number)
    found = by.judged(number, direction)
    low, high = found.interval
    values = {"auroc_choosing": chosen, "auroc": found.auroc, "low": low, "high": high}
    return {"comparison": comparison, "number": number, "direction": int(direction), **values}


def best(table: pd.DataFrame, numbers: Sequence[str]) -> dict[str, str]:
    """Of each comparison the number with the largest AUROC on the runs that choose."""
    among = table[table["number"].isin(numbers)].dropna(subset=["auroc_choosing"])
    found = among.loc[among.groupby("comparison")["auroc_choosing"].idxmax()]
    return dict(zip(found["comparison"], found["number"], strict=True))


def against(at_risk: AtRisk, comparison: str, number: str) -> pd.DataFrame:
    """A row for each rival of a number, its null among them: AUROC of both on the runs that judge, and their difference."""
    by = judge(at_risk, comparison)
    own = by.judged(number, by.direction(number)[0])
    return pd.DataFrame(
        {"rival": name, "auroc": found.auroc, "difference": own.less(found).auroc, **_ends(own.less(found).interval)}
        for name, found in ((name, by.judged(name, direction)) for name, direction in _rivals(by, number))
    )


def _rivals(by: Judge, number: str) -> Iterator[tuple[str, float]]:
    """Each with its own direction; the renamed network with that of the number itself."""
    if number + RENAMED in by.at_risk.scores:
        yield number + RENAMED, by.direction(number)[0]
    for name in RIVALS:
        yield name, by.direction(name)[0]


def _ends(found: tuple[float, float]) -> dict[str, float]:
    return {"low": found[0], "high": found[1]}
