"""mechgrok analyze."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from mechgrok.cli import flags
from mechgrok.cli.output.checkpoint_bar import checkpoint_bar
from mechgrok.cli.output.interruption import keeping_results
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.cli.arguments.words import Words
    from mechgrok.engine.outcomes import Outcome
    from mechgrok.engine.progress import Tick
    from mechgrok.report.writing import Report
    from mechgrok.runs.run import Run


@dataclass(frozen=True)
class Analyze:
    """Computes measures over the checkpoints of runs, and writes RUN/report/index.html and RUN/report/summary.json.

    Results are stored in the run's folder and used again while they are valid. Several runs also get an index: in the folder of runs
    that was named, else at mechgrok-report/index.html.
    """

    words: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN... [MEASURE ...]")]
    """Runs or folders of runs, and measures such as gini or "restricted-loss(keys=6,23,39)"; by default those of the analysis nanda2023,
    of chughtai2023 for tasks on a group, of oocl2024 for aliases, or of devon2024 where labels are corrupted."""
    analysis: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """Compute the measures of this analysis, too; everything has all that there are."""
    steps: str = "all"
    """all, last, or the checkpoints themselves: 0,100."""
    nulls: Annotated[int, tyro.conf.arg(metavar="N")] = 10
    """Number of networks with relabelled tokens that make the null distribution; 0 for none."""
    all: bool = False
    """Print all numbers, with six digits; by default the verdict and the numbers that a reader needs first."""
    by_task: bool = False
    """Analyse each task of a mixture separately, as a run in RUN/tasks/ with the rows of that task alone."""
    results: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write results and report to DIR/<name of the run> and nothing to the run's folder, which may be read-only."""


def main(arguments: list[str]) -> int:
    """Analyses runs; the exit status is 1 where a run or a measure failed."""
    asked: Analyze = flags.parse(Analyze, arguments, "analyze")
    steps = _steps(asked.steps)
    if asked.nulls < 0:
        raise UserError(f"--nulls {asked.nulls}: give a number of networks, or 0 for none")

    from mechgrok.analysis import analysis
    from mechgrok.cli import batch
    from mechgrok.cli.arguments.words import sort_words, written_to
    from mechgrok.runs.run import open_run

    if asked.by_task and asked.results:
        raise UserError("--by-task writes the tasks into the run's folder; give it without --results")
    words = written_to(sort_words(asked.words), asked.results)
    words = _tasks(words) if asked.by_task else words
    of_analysis = analysis(asked.analysis).measures if asked.analysis else ()

    def analyzed(path: Path) -> Report:
        return _analyze(open_run(path, results=asked.results), words.measures, of_analysis, steps, asked.nulls)

    return batch.reports(words, analyzed, every=asked.all)


def _tasks(words: Words) -> Words:
    """The tasks of the runs in their place; the index over the tasks of a single run lies beside them."""
    from mechgrok.runs.by_task import TASKS, by_task
    from mechgrok.runs.run import open_run

    found = [task.path for path in words.runs for task in by_task(open_run(path)).values()]
    return replace(words, runs=tuple(found), index=words.index or words.runs[0] / TASKS / "index.html")


def _analyze(run: Run, named: Sequence[str], of_analysis: Sequence[str], steps: str | list[int], nulls: int) -> Report:
    """The measures that are named and those of the analysis that is named, else those of the analysis that suits the run."""
    from mechgrok.analysis import suited
    from mechgrok.engine.analyze import analyze
    from mechgrok.report.writing import write_report

    asked = dict.fromkeys((*named, *of_analysis)) or suited(run.kind("task"), run.kind("corruption")).measures
    with keeping_results(run) as count, checkpoint_bar(run.name) as show:
        outcomes = analyze(run, list(asked), steps=steps, nulls=nulls, tick=_each(count, show))
        if named and not of_analysis:
            _report_inapplicable(run.name, outcomes)
        return write_report(run, outcomes)


def _each(*ticks: Tick) -> Tick:
    """Calls several functions in turn."""

    def tick(done: int, total: int) -> None:
        for each in ticks:
            each(done, total)

    return tick


def _report_inapplicable(name: str, outcomes: Mapping[str, Outcome]) -> None:
    """Prints a line for each measure that does not apply. Raises UserError where none does."""
    from mechgrok.engine.outcomes import NotApplicable

    lines = [f"{label} does not apply to {name}: {found.reason}" for label, found in outcomes.items() if isinstance(found, NotApplicable)]
    if len(lines) == len(outcomes):
        raise UserError("; ".join(lines))
    for line in lines:
        print(f"mechgrok: {line}", file=sys.stderr)


def _steps(text: str) -> str | list[int]:
    if text in ("all", "last"):
        return text
    try:
        return [int(step) for step in text.split(",")]
    except ValueError:
        raise UserError(f"--steps {text}: write all, last, or steps such as 0,100") from None
