"""A study's report: one HTML page, and its numbers as JSON and as a table in Markdown."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mechgrok.analysis import Analysis, Claim, Difference, Number, Pace, Quantity, Ratio, Reached, Share
from mechgrok.errors import UserError
from mechgrok.report.figures.steps import steps_of
from mechgrok.report.held import held
from mechgrok.report.labels import as_text
from mechgrok.report.markdown import grid
from mechgrok.report.numbers import show
from mechgrok.report.page import environment
from mechgrok.runs.store import write
from mechgrok.studies import figures, table
from mechgrok.studies.bisection import share_table, tried
from mechgrok.studies.claims import Evaluated, evaluate
from mechgrok.studies.comparing import noted_tables
from mechgrok.studies.pace import Interval
from mechgrok.studies.paired import paired_differences
from mechgrok.studies.table import NBSP, Entry
from mechgrok.studies.trained import Trained


@dataclass(frozen=True)
class Line:
    """A claim as text."""

    text: str
    source: str
    verdict: str
    range: str
    of: str
    values: tuple[str, ...]
    control: str
    controls: tuple[str, ...]


def write_study(analysis: Analysis, out: Path) -> Path:
    """Writes OUT/report/index.html, summary.json and table.md of the finished runs; gives the page. Raises UserError if there are none."""
    assert analysis.study is not None
    trained = Trained(analysis.study, out)
    if not trained.runs and not any(tried(each, seed, out) for each in analysis.study.thresholds for seed in analysis.study.seeds):
        raise UserError(f"{out} holds no finished run of {analysis.name}; make them with: mechgrok study train {analysis.name} --out {out}")
    rows, lines = table.rows(trained), claim_lines(trained)
    page = out / "report" / "index.html"
    made = (_html(analysis, trained, rows, lines), _summary(analysis, trained, rows, lines), markdown(trained, rows, lines))
    html, summary, text = (each.encode() for each in made)
    with held(page.parent):
        write(page, html, durable=False)
        write(page.with_name("summary.json"), summary, durable=False)
        noted_tables.write(page.with_name("table.md"), text, "markdown", trained.provenance())
    return page


def _html(analysis: Analysis, trained: Trained, rows: Mapping[str, Mapping[str, Entry]], lines: list[Line]) -> str:
    planned = [f"{trial.name}-s{seed}" for trial, seed in trained.planned()]
    paired = paired_differences(trained)
    sections = {"Differences": figures.differences(paired), "Over training": figures.courses(trained)}
    if trained.study.compares_times:
        sections["Test accuracy"] = figures.accuracies(trained)
    drawn = {heading: [(name, as_text(each)) for name, each in found] for heading, found in sections.items()}
    return (
        environment()
        .get_template("study.html")
        .render(
            analysis=analysis,
            planned=len(planned),
            finished=len(trained.runs),
            missing=[name for name in planned if tuple(name.rsplit("-s", 1)) not in {(trial, str(seed)) for trial, seed in trained.runs}],
            columns=table.columns(trained.study),
            rows=rows,
            claims=lines,
            paired=[(row.text, "; ".join(row.differences), row.mean, row.interval, row.p, row.corrected) for row in paired],
            shares=share_table(trained.study, trained.out),
            sections={heading: found for heading, found in drawn.items() if found},
            steps=steps_of(figure for found in drawn.values() for _, figure in found),
            command=shlex.join(["mechgrok", "study", "report", analysis.name, "--out", trained.out.as_posix()]),
        )
    )


def claim_lines(trained: Trained) -> list[Line]:
    """The claims of a study as text, evaluated on its finished runs."""
    return [_line(each) for each in evaluate(trained)]


def _line(evaluated: Evaluated) -> Line:
    claim = evaluated.claim
    values, controls = (tuple(map(interval, found)) for found in (evaluated.values, evaluated.controls))
    return Line(claim.text, claim.source, evaluated.verdict, _range(claim), _number(claim.value), values, _number(claim.control), controls)


def interval(value: Interval | str) -> str:
    """A number or its bounds as text."""
    if isinstance(value, str):
        return value
    low, high = value
    if low == high:
        return show(low, 3) if math.isfinite(low) else "∞"
    if (low, high) == (0.0, math.inf):
        return "neither groks"
    return f">{NBSP}{show(low, 3)}" if high == math.inf else f"<{NBSP}{show(high, 3)}"


def _range(claim: Claim) -> str:
    parts = [f"above {claim.low:g}"] * (claim.low != -math.inf) + [f"below {claim.high:g}"] * (claim.high != math.inf)
    return " and ".join(parts)


def _number(number: Quantity | Reached) -> str:
    if isinstance(number, Difference):
        return f"{_number(number.value)} less {_number(number.less)}"
    if isinstance(number, Ratio):
        return f"{_number(number.value)} / {_number(number.over)}"
    if isinstance(number, Reached):
        return f"step at which {number.measure} {number.key} of {number.trial} reaches {number.share:.0%} of its largest value"
    if isinstance(number, Share):
        return f"smallest share of {number.threshold} / {number.than}"
    if isinstance(number, Pace):
        return f"steps of {_of(number)} / {number.than}"
    at = {"first": ", first checkpoint", "last": ""}.get(number.at, f", step {number.at}")
    return f"{number.measure} {number.key} of {_of(number)}{at}"


def _of(number: Number | Pace) -> str:
    return f"{number.trial}, rows of {number.task}" if number.task else number.trial


def _summary(analysis: Analysis, trained: Trained, rows: Mapping[str, Mapping[str, Entry]], lines: list[Line]) -> str:
    cells = {row: {column: _cell(cell) for column, cell in found.items()} for row, found in rows.items()}
    seeds = {"seeds": list(trained.study.seeds), "runs": [f"{trial}-s{seed}" for trial, seed in trained.runs]}
    paired = [asdict(row) for row in paired_differences(trained)]
    shares = {"shares": share_table(trained.study, trained.out)} if trained.study.thresholds else {}
    found = {"table": cells, "claims": [vars(line) for line in lines], "paired": paired, **shares}
    return json.dumps({"analysis": analysis.name, **seeds, **found}, indent=1) + "\n"


def _cell(cell: Entry) -> dict[str, Any]:
    return {"times": [vars(each) for each in cell.times], "published": cell.threshold, "agrees": cell.agrees}


def markdown(trained: Trained, rows: Mapping[str, Mapping[str, Entry]], lines: list[Line]) -> str:
    """The tables, for a page of documentation."""
    names = table.columns(trained.study)
    body = [[row, *(_in_a_cell(cells.get(name)) for name in names)] for row, cells in rows.items()]
    claims = [[line.text, line.verdict, line.range, ", ".join(line.values), ", ".join(line.controls)] for line in lines]
    head = ["claim", "verdict", "range", "by seed", "control by seed"]
    grok = [grid(["task", *names], body)] if trained.study.compares_times and body else []
    head_of_shares, *shares = share_table(trained.study, trained.out)
    sought = [grid(head_of_shares, shares)] if shares else []
    paired = [[row.text, ", ".join(row.differences), row.mean, row.interval, row.p, row.corrected] for row in paired_differences(trained)]
    tested = [grid(["difference", "by seed", "mean", "95 % interval", "p", "p, corrected"], paired)] if paired else []
    return "\n\n".join([*grok, *sought, grid(head, claims), *tested]) + "\n"


def _in_a_cell(cell: Entry | None) -> str:
    if cell is None:
        return ""
    return "; ".join(filter(None, [cell.steps, cell.threshold and f"r {cell.threshold}", cell.agrees]))
