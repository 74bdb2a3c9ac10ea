"""Writes the tables of docs/faster-groks.md: `python docs/faster_groks.py [FOLDER]`, by default from the studies in checkpoints/.

docs/tables/NAME.csv has a row for each run of a study, and the page gets the medians and the claims; `mechgrok study report` has to be
called for each study before. `python docs/faster_groks.py speed` measures the processor time of an update of each recipe instead, on one
thread and in turns, and writes docs/tables/faster_groks_speed.csv.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pandas as pd

from mechgrok.analysis import Number, Study, Trial, analysis
from mechgrok.cli.arguments.study_plan import command, planned_config
from mechgrok.maths.statistics import censored
from mechgrok.maths.statistics.censored import Estimate, Times
from mechgrok.maths.statistics.holm import holm
from mechgrok.report.markdown import grid
from mechgrok.report.numbers import NONE, show
from mechgrok.studies.comparing.noted_tables import read_markdown
from mechgrok.studies.trained import Trained
from mechgrok.training.execution import Execution
from mechgrok.training.trainer import Trainer

TABLES = Path(__file__).with_name("tables")
PAGE = Path(__file__).with_name("faster-groks.md")
MARK = "<!-- What follows is made by docs/faster_groks.py -->"
TUNING = "faster_groks_tuning"
STUDIES = (TUNING, "faster_groks", "faster_groks_113")
TIMED = ("faster_groks", "faster_groks_113")
ROUNDS, IN_A_ROW = 8, 5
COLLAPSES = "post-grok-stability"
USUAL = "AdamW"


def main(folder: Path) -> None:
    """Writes a table of the runs of each study, and the page."""
    text, _, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text("\n\n".join([text.strip(), MARK, *(section(name, folder / name) for name in STUDIES), speeds()]) + "\n")


def section(name: str, folder: Path) -> str:
    """The tables of a study under its title; writes its runs, too."""
    found = runs(Trained(_study(name), folder))
    found.to_csv(TABLES / f"{name}.csv", index=False)
    over_seeds = [medians(found)] if found["seed"].nunique() > 1 else []
    return "\n\n".join([f"## {name}", *over_seeds, read_markdown(folder / "report" / "table.md").strip()])


def speeds() -> str:
    """The stored processor times."""
    found = pd.read_csv(TABLES / "faster_groks_speed.csv", dtype=str)
    return "## Processor time of an update\n\n" + grid(list(found.columns), found.to_numpy().tolist())


def runs(trained: Trained) -> pd.DataFrame:
    """A row a run: when it grokked (empty where it did not), its last step, its best test accuracy, and its collapses afterwards."""
    found = pd.DataFrame(_run(trained, trial, seed) for trial, seed in trained.planned() if (trial.name, seed) in trained.runs)
    return found.astype({"grokked": "Int64"})


def _run(trained: Trained, trial: Trial, seed: int) -> dict[str, object]:
    found = trained.times[trial.name, seed]
    collapses = trained.value(Number(trial.name, COLLAPSES, "collapses"), seed) if found.step is not None else ""
    return {
        "setting": trial.row,
        "recipe": trial.column,
        "seed": seed,
        "grokked": found.step,
        "last_step": found.until,
        "best_test_accuracy": found.best,
        "collapses": "" if isinstance(collapses, str) else int(collapses[0]),
    }


def medians(table: pd.DataFrame) -> str:
    """A line for each trial: Kaplan-Meier median of the steps, its ratio to that of AdamW, log-rank test, grokked runs, collapses."""
    lines = [line for setting, runs in table.groupby("setting", sort=False) for line in _lines(str(setting), runs)]
    return grid(["setting", "recipe", "steps to grok, median", "ratio to AdamW", "p (log-rank, Holm)", "grokked", "collapses"], lines)


def _lines(setting: str, table: pd.DataFrame) -> Iterator[list[str]]:
    groups = {str(recipe): runs for recipe, runs in table.groupby("recipe", sort=False)}
    others = {name: runs for name, runs in groups.items() if name != USUAL} if USUAL in groups else {}
    tested = dict(zip(others, holm([censored.log_rank(times(runs), times(groups[USUAL])) for runs in others.values()]), strict=True))
    for name, runs in groups.items():
        ratio = in_words(censored.ratio_of_medians(times(runs), times(groups[USUAL])), digits=2) if name in others else ""
        p = tested.get(name, float("nan"))
        yield [setting, name, steps(runs), ratio, "" if p != p else show(float(p), 2), _share(runs), _collapses(runs)]


def steps(table: pd.DataFrame) -> str:
    """The median of the steps as text."""
    return in_words(censored.median(times(table)), beyond=f"> {show(int(table['last_step'].max()))}")


def times(table: pd.DataFrame) -> Times:
    """The steps of some runs, censored at their last one where they had not grokked."""
    return Times.of(table["grokked"].fillna(table["last_step"]).astype(float), table["grokked"].notna())


def in_words(found: Estimate, digits: int = 6, beyond: str = "∞") -> str:
    """An estimate with its interval, where there is one; `beyond` for what lies beyond all events."""
    ends = (found.value, found.low, found.high) if found.has_interval else (found.value,)
    value, *interval = (NONE if each != each else show(float(each), digits) if each < float("inf") else beyond for each in ends)
    return f"{value} ({interval[0]} to {interval[1]})" if interval else value


def _share(table: pd.DataFrame) -> str:
    return f"{int(table['grokked'].notna().sum())} of {len(table)}"


def _collapses(table: pd.DataFrame) -> str:
    return ", ".join(str(each) for each in table["collapses"] if each != "")


def speed() -> pd.DataFrame:
    """Milliseconds of processor time of an update on one thread, for every trial of the timed studies, and for Muon."""
    trials = [(name, trial) for name in TIMED for trial in _study(name).trials]
    trials.append((TUNING, _study(TUNING).trials[-1]))
    trainers = [_trainer(trial) for _, trial in trials]
    spent = [[_update(trainer, turn) for trainer in trainers] for turn in range(ROUNDS + 1)][1:]
    found = [median(each) for each in zip(*spent, strict=True)]
    rows = [
        {"study": name, "setting": trial.row, "recipe": trial.column, "ms": f"{ms:.1f}"}
        for (name, trial), ms in zip(trials, found, strict=True)
    ]
    return pd.DataFrame(rows)


def _trainer(trial: Trial) -> Trainer:
    config = planned_config(command(trial, 0, Path()))
    return Trainer(config, config.split.train_rows(config.task), Execution("cpu", 1).resolved())


def _update(trainer: Trainer, turn: int) -> float:
    start = time.process_time()
    for step in range(IN_A_ROW * turn, IN_A_ROW * (turn + 1)):
        trainer.update(step)
    return 1000 * (time.process_time() - start) / IN_A_ROW


def _study(name: str) -> Study:
    found = analysis(name).study
    assert found is not None
    return found


if __name__ == "__main__":
    TABLES.mkdir(exist_ok=True)
    if sys.argv[1:] == ["speed"]:
        speed().to_csv(TABLES / "faster_groks_speed.csv", index=False)
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("checkpoints"))
