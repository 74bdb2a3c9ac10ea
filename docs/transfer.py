"""Prints the tables of docs/transfer.md from the runs: `python docs/transfer.py checkpoints/furuta2024 checkpoints/furuta2024_mixtures`.

The tables of steps and claims are those that `mechgrok study report` wrote there before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.report.numbers import show
from mechgrok.runs.by_task import by_task
from mechgrok.runs.run import Run, open_run
from mechgrok.studies.comparing.noted_tables import read_markdown

SEEDS = (0, 1, 2)
PARTS = {
    "all": "everything",
    "key alone": "key",
    "(a) non-key": "non_key",
    "(b) residual": "residual",
    "(c) key + non-key": "key_and_non_key",
    "(d) key + residual": "key_and_residual",
    "(e) non-key + residual": "non_key_and_residual",
}
OF_TASK = {
    "test accuracy": ("loss", "accuracy_test"),
    "key frequencies": ("key-frequencies", "frequencies"),
    "explained by waves": ("logit-cosines", "explained"),
    "neurons of one frequency": ("neuron-frequencies", "specialised"),
    "loss, keys alone": ("loss-decomposition", "key"),
}
"""Columns of the table of tasks: a measure and a key of its headline."""


def main(study: Path, mixtures: Path) -> None:
    """Prints every table under a heading."""
    tables = {"Signatures": signatures(study), "Losses": losses(study), "Tasks": tasks(mixtures)}
    printed = {folder.name: read_markdown(folder / "report" / "table.md") for folder in (study, mixtures)}
    for heading, text in {**printed, **{name: "\n".join(lines) for name, lines in tables.items()}}.items():
        print(f"## {heading}\n\n{text.rstrip()}\n")


def signatures(study: Path) -> Iterator[str]:
    """FFD and FCR at the last checkpoint, seed by seed, in both bases."""
    yield "| task | basis | FFD of W_E | FFD of W_L | FCR of W_E | FCR of W_L |\n|---|---|---|---|---|---|"
    for task in ("a+b", "a-b", "ab"):
        for basis in ("additive", "multiplicative"):
            found = over_seeds(study, f"{task}.scratch", f"fourier-density(basis={basis})")
            keys = ("W_E_density", "W_L_density", "W_E_ratio", "W_L_ratio")
            yield _row(task, basis, *(", ".join(show(each[key], 3) for each in found) for key in keys))


def losses(study: Path) -> Iterator[str]:
    """Train loss of every combination of parts of the logits, seed by seed."""
    yield "| train loss of | a+b | a-b | ab |\n|---|---|---|---|"
    found = [over_seeds(study, f"{task}.scratch", "loss-decomposition") for task in ("a+b", "a-b", "ab")]
    for name, key in PARTS.items():
        yield _row(name, *(", ".join(show(each[key], 3) for each in of_task) for of_task in found))


def tasks(mixtures: Path) -> Iterator[str]:
    """What each task of a mixture is computed with, in its own basis."""
    yield _row("mixture", "seed", "task", *OF_TASK) + "\n" + "|---" * (3 + len(OF_TASK)) + "|"
    for name in ("a+b and ab", "a+b and a-b"):
        for seed in SEEDS:
            for task, run in by_task(open_run(mixtures / f"mixture.{name}-s{seed}")).items():
                yield _row(name, str(seed), task, *(_said(headline(run, measure).get(key)) for measure, key in OF_TASK.values()))


def over_seeds(study: Path, trial: str, measure: str) -> list[Mapping[str, Any]]:
    """The headline of the last checkpoint for every seed."""
    return [headline(open_run(study / f"{trial}-s{seed}"), measure) for seed in SEEDS]


def headline(run: Run, measure: str) -> Mapping[str, Any]:
    """A measure's headline at the last checkpoint; empty where it does not apply."""
    outcome = analyze(run, [measure], steps="last", nulls=0)[measure]
    return outcome.headline if isinstance(outcome, Result) else {}


def _said(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(show(each, 3) if isinstance(each, float) else str(each) for each in values)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
