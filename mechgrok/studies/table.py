"""The table of a study: grokking times by task (rows) and start (columns), beside published train fractions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mechgrok.analysis import NEVER, Study, Trial
from mechgrok.report.markdown import grid
from mechgrok.report.numbers import NONE, show
from mechgrok.studies.claims import Answer, answer
from mechgrok.studies.pace import Time, ratio
from mechgrok.studies.trained import Trained

SCRATCH = "scratch"
"""The column that the others are compared with."""
NBSP = "\u00a0"
Order = Literal["sooner", "the same", "later"]


@dataclass(frozen=True)
class Entry:
    """An entry of the table: a trial over its seeds."""

    times: tuple[Time, ...]
    """Of the finished seeds."""
    published: float | None
    """Smallest published train fraction that groks; NEVER where none does; None where the paper has no such trial."""
    agrees: str
    """Whether the order relative to SCRATCH is the published one, as text; empty in that column and where nothing is published."""

    @property
    def steps(self) -> str:
        """Steps of each seed to grok; `> 3000 (12 %)` for one that had not by then, with its best test accuracy."""
        return ", ".join(map(_in_words, self.times)) or NONE

    @property
    def median(self) -> str:
        """The median step as text, a lower bound where fewer than half of the seeds grokked, with their number."""
        if not self.times:
            return NONE
        grokked = [each.step for each in self.times if each.step is not None]
        ordered = sorted([float(step) for step in grokked] + [math.inf] * (len(self.times) - len(grokked)))
        middle = statistics.median_low(ordered)
        text = show(int(middle)) if math.isfinite(middle) else f">{NBSP}{show(max(each.until for each in self.times))}"
        return f"{text} ({len(grokked)}/{len(self.times)})"

    @property
    def threshold(self) -> str:
        """The published fraction as text."""
        return "" if self.published is None else "never" if self.published == NEVER else f"{self.published:g}"


def _in_words(time: Time) -> str:
    """With non-breaking spaces, so that a line of a table does not end within a number."""
    return show(time.step) if time.step is not None else f"> {show(time.until)} ({100 * time.best:.0f} %)".replace(" ", NBSP)


def columns(study: Study) -> list[str]:
    """The columns of the table, in the order of the trials."""
    return list(dict.fromkeys(trial.column for trial in study.trials))


def rows(trained: Trained) -> dict[str, dict[str, Entry]]:
    """The cells by row and column."""
    found: dict[str, dict[str, Entry]] = {}
    for trial in trained.study.trials:
        for row, task in in_rows(trial).items():
            seeds = [seed for seed in trained.study.seeds if (trial.name, seed) in trained.runs]
            times = tuple(trained.time(trial.name, seed, task) for seed in seeds)
            published = trained.study.published.get(f"{row}.{trial.column}")
            found.setdefault(row, {})[trial.column] = Entry(times, published, agreement(trained, row, trial.column))
    return found


def in_rows(trial: Trial) -> Mapping[str, str]:
    """The rows of a trial, each with its task of a mixture; the task is empty for a trial of one row."""
    return trial.tasks or {trial.row: ""}


def agreement(trained: Trained, row: str, column: str) -> str:
    """Whether a start groks sooner or later than scratch in every seed, as the published fractions (smaller is sooner) predict."""
    own, scratch = (trained.study.published.get(f"{row}.{name}") for name in (column, SCRATCH))
    if column == SCRATCH or own is None or scratch is None:
        return ""
    expected: Order = "sooner" if own < scratch else "later" if own > scratch else "the same"
    if expected == "the same":
        return "no order published"
    return _agreement_text([_answer(trained, row, column, seed, expected) for seed in trained.study.seeds], expected)


def _answer(trained: Trained, row: str, column: str, seed: int, expected: Order) -> Answer:
    own, scratch = (trained.times.get((f"{row}.{name}", seed)) for name in (column, SCRATCH))
    if own is None or scratch is None:
        return "unknown"
    low, high = (-math.inf, 1.0) if expected == "sooner" else (1.0, math.inf)
    return answer(ratio(own, scratch), low, high)


def _agreement_text(answers: Sequence[Answer], expected: Order) -> str:
    yes, no = answers.count("yes"), answers.count("no")
    if yes == len(answers):
        return f"agrees: {expected}"
    if no == len(answers):
        return f"disagrees: not {expected}"
    return "undecided" if not yes + no else f"{expected} in {yes}, not in {no} of {len(answers)}"


def markdown(trained: Trained) -> str:
    """The steps to grok of each seed, rows by columns."""
    names, found = columns(trained.study), rows(trained)
    body = [[row, *(cells[name].steps if name in cells else "" for name in names)] for row, cells in found.items()]
    return grid(["", *(name or "steps" for name in names)], body)
