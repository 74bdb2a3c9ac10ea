"""mechgrok study."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from mechgrok.cli import flags, train
from mechgrok.cli.interruption import interruptible
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.analysis import Analysis, Study, Trial
    from mechgrok.config import Config


@dataclass(frozen=True)
class Work:
    """mechgrok study train NAME trains the runs that an analysis compares. Finished runs are kept, an interrupted one is resumed.

    mechgrok study report NAME writes OUT/report/index.html, summary.json and table.md of the finished runs: a table over tasks and
    starts, and the claims of the analysis with their controls.
    """

    verb: Annotated[Literal["train", "report"], tyro.conf.Positional]
    """Train the runs, or write the report."""
    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]
    """The analysis, such as furuta2024."""
    out: Path | None = None
    """The folder of all runs of the study; by default checkpoints/NAME."""
    threads: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """CPU threads of a training; 0 for the number that is fastest when it begins, one or as many as there are cores."""
    log: train.Log = "auto"
    """As in mechgrok train."""


def main(arguments: list[str]) -> int:
    """Trains or reports a study; the exit status is 130 after Ctrl-C."""
    asked: Work = flags.parse(Work, arguments, "study")

    from mechgrok.analysis import analysis

    found = analysis(asked.name)
    if found.study is None:
        raise UserError(f"{asked.name} has no study, it analyses single runs: mechgrok analyze RUN; studies: {', '.join(_studies())}")
    out = asked.out or Path("checkpoints") / asked.name
    return _report(found, out) if asked.verb == "report" else _train(found.study, out, asked)


def _studies() -> list[str]:
    from mechgrok.analysis import analyses

    return [name for name, each in analyses().items() if each.study is not None]


def _report(found: Analysis, out: Path) -> int:
    from mechgrok.studies.page import write_study

    with interruptible(lambda: f"results computed so far are kept with the runs in {out}; the report is not finished"):
        page = write_study(found, out)
    print(page.with_name("table.md").read_text(), page, sep="\n")
    return 0


def _train(study: Study, out: Path, asked: Work) -> int:
    from mechgrok.studies.bisection import sought
    from mechgrok.studies.trained import Trained, folder

    planned = list(Trained(study, out).planned())
    for number, (trial, seed) in enumerate(chain(planned, sought(study, out)), 1):
        path = folder(out, trial, seed)
        print(f"{number}/{len(planned)} {path.name}" if number <= len(planned) else f"{number} {path.name}", flush=True)
        _need_parents(study, trial, out, path)
        status = _one(trial, seed, out, path, asked)
        if status:
            print(f"the study goes on with: mechgrok study train {asked.name} --out {out}")
            return status
    print(f"all {number} runs are trained. Next: mechgrok study report {asked.name} --out {out}")
    return 0


def _need_parents(study: Study, trial: Trial, out: Path, path: Path) -> None:
    """Raises UserError where a run starts from another that is not there."""
    for name, made_by in study.parents.items():
        missing = out / name
        if f"{{out}}/{name}" in trial.command and not path.exists() and not missing.exists():
            raise UserError(f"{path.name} starts from {missing}, which is not there; make it with: mechgrok {made_by.format(out=out)}")


def _one(trial: Trial, seed: int, out: Path, path: Path, asked: Work) -> int:
    from mechgrok.cli import main as mechgrok
    from mechgrok.runs.run import open_run
    from mechgrok.training import recorder

    words = command(trial, seed, out)
    if not path.exists():
        return mechgrok([*words, "--out", str(path), "--threads", str(asked.threads), "--log", asked.log])
    run = open_run(path)
    if run.config.model_copy(update={"start": run.config.start.model_copy(update={"parent": None})}) != planned_config(words):
        raise UserError(f"{path} was trained with other settings than {trial.name} has now; choose another --out, or move it away")
    return 0 if recorder.finished(path) else train.train(run, asked.log)


def command(trial: Trial, seed: int, out: Path) -> list[str]:
    """The words of a trial's command with a seed."""
    return [word.format(seed=seed, out=out) for word in shlex.split(trial.command)]


def planned_config(words: list[str]) -> Config:
    """The configuration that a command would train, without its parent."""
    from mechgrok.cli import finetune

    name, preset, *rest = words
    options = finetune.parsed(preset, rest) if name == "finetune" else train.parsed(preset, rest)
    return train.chosen(options)
