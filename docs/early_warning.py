"""Writes the tables of docs/early-warning.md, its figure and docs/tables/early_warning.*: `python docs/early_warning.py [FOLDER]`.

FOLDER holds the runs of the study early_warning. Their readings are collected first, a part a run, so that Ctrl-C loses one run at most.
Without FOLDER everything is made again from docs/tables/early_warning.parquet.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go

from mechgrok.analysis import analysis
from mechgrok.plots.files.export import write
from mechgrok.report.markdown import grid
from mechgrok.runs import store
from mechgrok.studies.early_warning import choice, tables
from mechgrok.studies.early_warning.at_risk import HORIZON, STEPS, AtRisk, at_risk
from mechgrok.studies.early_warning.collected import FACTS, collect, parquet, with_renamed
from mechgrok.studies.early_warning.figure import areas_figure
from mechgrok.studies.early_warning.judging import judge
from mechgrok.studies.early_warning.leads import Lead, lead
from mechgrok.studies.early_warning.readings import OWN_KEYS, RENAMED, is_frozen, measure_of, variants
from mechgrok.studies.trained import Trained

NAME = "early_warning"
FOLDER = Path(__file__).parent
DATA, AREAS = FOLDER / "tables" / f"{NAME}.parquet", FOLDER / "tables" / f"{NAME}.csv"
FIGURE, PAGE = FOLDER / "figures" / "early-warning.svg", FOLDER / "early-warning.md"
MARK = "<!-- What follows is made by docs/early_warning.py -->"
STEP, WITHIN = "same step", "same configuration and step"
SHOWN, HORIZONS = 15, (200, 400)


def main(folder: Path | None) -> None:
    """Collects the readings of the runs in a folder, where one is given; then writes tables, figure and page."""
    if folder is not None:
        store.write(DATA, parquet(collected(trained(folder))))
    table = pd.read_parquet(DATA)
    risk = at_risk(table, list(FACTS))
    numbers = [name for name in risk.numbers if not name.endswith(RENAMED)]
    areas, leads = choice.areas(risk, numbers), _leads(table, risk, numbers)
    areas.merge(leads.reset_index(), on="number").round(6).to_csv(AREAS, index=False)
    best = choice.best(areas, choice.candidates(risk))
    text, _, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text("\n\n".join([text.strip(), MARK, *sections(table, risk, areas, leads, best)]) + "\n")
    write(figure(areas, best, risk), FIGURE)


def collected(runs: Trained) -> pd.DataFrame:
    """The readings of all runs, and for the chosen numbers those of renamed networks."""
    table = collect(runs, variants(analysis(NAME).measures), print)
    store.write(DATA, parquet(table))
    risk = at_risk(table, list(FACTS))
    numbers = choice.candidates(risk)
    best = choice.best(choice.areas(risk, numbers), numbers)
    measures = {each.label: each for each in map(measure_of, best.values())}
    return with_renamed(table, collect(runs, [measures[label] for label in sorted(measures)], print, renamed=True))


def trained(folder: Path) -> Trained:
    """The runs of the study in a folder."""
    study = analysis(NAME).study
    assert study is not None
    return Trained(study, folder)


def _leads(table: pd.DataFrame, risk: AtRisk, numbers: list[str]) -> pd.DataFrame:
    """The alarms of each number, in its direction among checkpoints of the same step."""
    by, with_steps = judge(risk, STEP), table.assign(**{STEPS: table["step"]})
    found = {name: _row(lead(with_steps, name, by.direction(name))) for name in numbers if name in with_steps}
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("number").reindex(numbers)


def _row(found: Lead) -> dict[str, float]:
    """The alarms of a number as a row."""
    ends = {"lead": found.lead.value, "lead_low": found.lead.low, "lead_high": found.lead.high}
    return {"warned": found.warned, "false": found.false, **ends}


def sections(table: pd.DataFrame, risk: AtRisk, areas: pd.DataFrame, leads: pd.DataFrame, best: Mapping[str, str]) -> Iterator[str]:
    """The parts of the page below the mark."""
    yield "## Runs\n\n" + tables.runs(table)
    yield counts(risk)
    against = {comparison: choice.against(risk, comparison, number) for comparison, number in best.items()}
    yield "## The chosen numbers and their rivals\n\n" + tables.chosen(best, areas, against)
    for comparison in (STEP, WITHIN):
        yield f"## The first {SHOWN}: {comparison}\n\n" + tables.ranking(areas, leads, comparison, first(areas, risk, comparison))
    yield f"## Rivals: {STEP}\n\n" + tables.ranking(areas, leads, STEP, choice.RIVALS)
    yield "## Key frequencies of the last checkpoint, and own ones\n\n" + keys(areas)
    yield "## Other horizons\n\n" + horizons(table, best)


def counts(risk: AtRisk) -> str:
    """How many checkpoints and runs are at risk, and how many of these runs judge."""
    rows = risk.rows
    soon, of_runs, judging = int(rows["positive"].sum()), rows["run"].nunique(), rows[rows["judged"]]["run"].nunique()
    at_risk = f"{len(rows)} checkpoints of {of_runs} runs are at risk; {soon} of them are at most {HORIZON} steps before their run groks."
    return f"{at_risk} {judging} of the {of_runs} runs judge, the others choose."


def first(areas: pd.DataFrame, risk: AtRisk, comparison: str) -> list[str]:
    """The candidates with the largest areas on the runs that choose."""
    found = areas[(areas["comparison"] == comparison) & areas["number"].isin(choice.candidates(risk))]
    return found.nlargest(SHOWN, "auroc_choosing")["number"].tolist()


def keys(areas: pd.DataFrame) -> str:
    """AUROC on the runs that judge of each number of key frequencies, with those of the last checkpoint and with its own.

    A sentence counts the numbers with at least the same AUROC, before rounding, with its own.
    """
    found = areas.set_index(["number", "comparison"])["auroc"].to_dict()
    numbers = sorted(areas["number"].unique())
    frozen = {name: own(name) for name in numbers if own(name) in numbers and is_frozen(name)}
    pairs = [(comparison, which) for comparison in (STEP, WITHIN) for which in (0, 1)]
    lines = [
        [name, *(tables.digits(found[(name, other)[which], comparison]) for comparison, which in pairs)] for name, other in frozen.items()
    ]
    table = grid(["number", *(f"{comparison}, {which}" for comparison in (STEP, WITHIN) for which in ("frozen", "own"))], lines)
    same = sum(found[other, STEP] >= found[name, STEP] for name, other in frozen.items())
    words = f"At the same step, {same} of the {len(frozen)} numbers have at least the same AUROC with the checkpoint's own key frequencies."
    return f"{words}\n\n{table}"


def own(number: str) -> str:
    """The same number with each checkpoint's own key frequencies."""
    label, _, key = number.partition(": ")
    return f"{label}({OWN_KEYS}): {key}"


def horizons(table: pd.DataFrame, best: Mapping[str, str]) -> str:
    """AUROC of the chosen numbers and of two rivals for each horizon, on the runs that judge, below the number of positive runs."""
    risks = {horizon: at_risk(table, list(FACTS), horizon) for horizon in HORIZONS}
    lines = [
        [comparison, name, *(tables.area(choice.areas(risk, [name], [comparison]).to_dict("records")[0]) for risk in risks.values())]
        for comparison, number in best.items()
        for name in (number, choice.TEST_LOSS, choice.NORM)
    ]
    counted = "\n".join(positive_runs(horizon, risk) for horizon, risk in risks.items())
    return f"{counted}\n\n" + grid(["comparison", "number", *(f"within {horizon} steps" for horizon in HORIZONS)], lines)


def positive_runs(horizon: int, risk: AtRisk) -> str:
    """How many runs of each half have a positive checkpoint."""
    of_run = risk.rows.groupby("run")[["positive", "judged"]].any()
    halves = (of_run[of_run["judged"] == judged]["positive"] for judged in (False, True))
    choosing, judging = (f"{int(half.sum())} of {len(half)}" for half in halves)
    return f"- Within {horizon} steps {choosing} choosing and {judging} judging runs have a positive checkpoint."


def figure(areas: pd.DataFrame, best: Mapping[str, str], risk: AtRisk) -> go.Figure:
    """The first numbers of both comparisons, the chosen ones of the others, the rivals and the null of the chosen ones."""
    shown = dict.fromkeys([*best.values(), *(name for each in (STEP, WITHIN) for name in first(areas, risk, each)[:4])])
    nulls = [name + RENAMED for name in dict.fromkeys(best.values()) if name + RENAMED in risk.scores]
    every = pd.concat([areas, choice.areas(risk, nulls)]) if nulls else areas
    rivals = [*choice.RIVALS, *nulls]
    return areas_figure(every, {name: name for name in (*shown, *rivals)}, rivals)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
