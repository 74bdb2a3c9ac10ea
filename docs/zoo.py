"""The text of docs/zoo.md: what each finder finds in each hand-built network. docs/build.py writes it."""

from __future__ import annotations

from typing import Any

from mechgrok.verification import scoring
from mechgrok.verification.hand_built import zoo


def page() -> str:
    """What each finder finds in each hand-built network."""
    found = scoring.table(list(scoring.scores()))
    rows = ["| " + " | ".join(_cell(row[column]) for column in found.columns) + " |" for row in found.to_dict("records")]
    head = ["| " + " | ".join(found.columns) + " |", "|---" * len(found.columns) + "|"]
    return "\n".join([*_introduction(), *head, *rows, "", *_totals(found.to_dict("records"))]) + "\n"


def _introduction() -> list[str]:
    lines = [f"- **{network.name}**: {network.says}." for network in zoo()]
    return ["# The zoo: networks built by hand", "", "Made by `python docs/build.py`; `mechgrok verify` checks it.", "", *lines, ""]


def _totals(rows: list[dict[Any, Any]]) -> list[str]:
    """Over the whole zoo, how much each measure finds that is not there, and misses."""
    names = dict.fromkeys(row["measure"] for row in rows)
    lines = [f"| {name} | {_sum(rows, name, 'not there')} | {_sum(rows, name, 'missed')} |" for name in names]
    return ["| measure | found, not there | there, missed |", "|---|---|---|", *lines]


def _sum(rows: list[dict[Any, Any]], measure: str, kind: str) -> int:
    return sum(len(row[kind]) for row in rows if row["measure"] == measure)


def _cell(value: object) -> str:
    if isinstance(value, set | list):
        return ", ".join(map(str, sorted(value, key=str if any(isinstance(each, str) for each in value) else None))) or "\N{EN DASH}"
    return str(value)
