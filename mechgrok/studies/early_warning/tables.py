"""The tables of the study in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mechgrok.maths.statistics.censored import Estimate
from mechgrok.report.markdown import grid

Row = Mapping[Any, Any]
"""A row of a table, by column."""


def runs(table: pd.DataFrame) -> str:
    """For each setting its runs: how many grok, learn in part, never move; the median steps of the move and of grokking."""
    of_run = table.groupby("run", sort=False).first()
    lines = [[str(setting), *map(str, _ended(rows))] for setting, rows in of_run.groupby("setting", sort=False)]
    total = ["all", *map(str, _ended(of_run))]
    return grid(["setting", "runs", "grok", "learn in part", "never move", "moved, median", "grokked, median"], [*lines, total])


def _ended(of_run: pd.DataFrame) -> list[object]:
    groks, moved = of_run["grokked"].notna(), of_run["moved"].notna()
    medians = [f"{rows.median():.0f}" if len(rows) else "" for rows in (of_run["moved"].dropna(), of_run["grokked"].dropna())]
    return [len(of_run), int(groks.sum()), int((moved & ~groks).sum()), int((~moved).sum()), *medians]


def chosen(best: Mapping[str, str], areas: pd.DataFrame, against: Mapping[str, pd.DataFrame]) -> str:
    """For each comparison the chosen number with its AUROC, and below it that of each rival with the difference."""
    return grid(
        ["comparison", "predictor", "AUROC, choosing runs", "AUROC, judging runs", "chosen less this"],
        [line for comparison, number in best.items() for line in _chosen(comparison, number, areas, against[comparison])],
    )


def _chosen(comparison: str, number: str, areas: pd.DataFrame, against: pd.DataFrame) -> list[list[str]]:
    rows = areas[areas["comparison"] == comparison]
    found: dict[str, Row] = {str(row["number"]): row for row in rows.to_dict("records")}
    own = found[number]
    lines = [[comparison, f"**{sign(own)} {number}**", digits(own["auroc_choosing"]), area(own), ""]]
    for rival in against.to_dict("records"):
        name, beside = str(rival["rival"]), found.get(str(rival["rival"]))
        choosing = digits(beside["auroc_choosing"]) if beside else ""
        difference = f"{digits(rival['difference'])} ({digits(rival['low'])} to {digits(rival['high'])})"
        lines.append(["", name, choosing, area(beside) if beside else digits(rival["auroc"]), difference])
    return lines


def ranking(areas: pd.DataFrame, leads: pd.DataFrame, comparison: str, numbers: Sequence[str]) -> str:
    """Numbers in one comparison, from the largest AUROC on the runs that choose, with their alarms."""
    inside = (areas["comparison"] == comparison) & areas["number"].isin(numbers)
    rows = areas[inside].merge(leads.reset_index(), on="number").sort_values("auroc_choosing", ascending=False)
    lines = [[sign(row), str(row["number"]), digits(row["auroc_choosing"]), area(row), *alarms(row)] for row in rows.to_dict("records")]
    return grid(["", "number", "AUROC, choosing", "AUROC, judging", "warned", "false alarms", "lead (steps)"], lines)


def alarms(row: Row) -> list[str]:
    """Shares of runs with alarms, and the median lead."""
    return [digits(row["warned"]), digits(row["false"]), in_steps(Estimate(row["lead"], row["lead_low"], row["lead_high"]))]


def in_steps(lead: Estimate) -> str:
    """A lead with its interval; `none` where half of the runs raise no alarm before their accuracy moves."""
    ends = [f"{each:.0f}" if abs(each) < float("inf") else "none" for each in (lead.value, lead.low, lead.high) if each == each]
    return "".join(ends[:1]) if len(ends) < 3 else f"{ends[0]} ({ends[1]} to {ends[2]})"


def sign(row: Row) -> str:
    """Whether a high or a low value is the warning; empty where that is unknown."""
    return {1: "high", -1: "low"}.get(row["direction"], "")


def area(row: Row) -> str:
    """An AUROC with its interval; empty where it is unknown."""
    return "" if pd.isna(row["auroc"]) else f"{digits(row['auroc'])} ({digits(row['low'])} to {digits(row['high'])})"


def digits(value: float) -> str:
    """Two digits behind the point; empty for a missing number."""
    return "" if value != value else f"{value:.2f}".replace("-", "−")
