"""The runs of a study before they are trained: their configs, and the runs that they start from."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mechgrok.analysis import Study, Trial
from mechgrok.cli import finetune, train
from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.runs.run_files import RunFiles
from mechgrok.studies.cells import Cell
from mechgrok.studies.job import Job, Watch
from mechgrok.studies.sweep import Sweep
from mechgrok.studies.trained import folder
from mechgrok.training.execution import Execution


@dataclass(frozen=True)
class StudyPlan:
    """A study as a sweep without axes, with config and origin of each of its last cells."""

    sweep: Sweep
    configs: tuple[Config, ...]
    origins: tuple[str, ...]

    def jobs(self, execution: Execution, watch: Watch) -> list[Job]:
        """The jobs that are left."""
        cells = zip(self.sweep.cells[-len(self.configs) :], self.configs, self.origins, strict=True)
        left = [each for each in cells if each[0].state not in ("finished", "running")]
        return [Job((cell,), (config.model_dump_json(),), execution, watch, origin) for cell, config, origin in left]


def plan(study: Study, name: str, out: Path, places: Sequence[tuple[Trial, int]], before: tuple[Cell, ...] = ()) -> StudyPlan:
    """The plan of some trials and seeds of a study; its sweep has the cells that were trained `before`, too.

    Raises UserError where a run in the folder has other settings, and where one starts from a run that no trial makes and is not there.
    """
    _need_parents(study, [trial for trial, seed in places if not folder(out, trial, seed).exists()], out)
    options = [parsed(command(trial, seed, out.resolve())) for trial, seed in places]
    configs, cells = [train.chosen(each) for each in options], list(before)
    for (trial, seed), config in zip(places, configs, strict=True):
        _refuse_other(folder(out, trial, seed), config, trial)
        cells.append(Cell(trial.name, seed, {}, folder(out.resolve(), trial, seed), config.training.steps))
    origins = tuple(getattr(each, "origin", "") for each in options)
    return StudyPlan(Sweep(out.resolve(), name, {}, study.trials, tuple(cells)), tuple(configs), origins)


def _need_parents(study: Study, trials: Sequence[Trial], out: Path) -> None:
    """Raises UserError where a run starts from one that no trial makes and that is not there."""
    for name, made_by in study.parents.items():
        needed = [trial.name for trial in trials if f"{{out}}/{name}" in trial.command]
        if needed and not (out / name).exists():
            raise UserError(f"{needed[0]} starts from {out / name}, which is not there; make it with: mechgrok {made_by.format(out=out)}")


def _refuse_other(path: Path, wanted: Config, trial: Trial) -> None:
    """Raises UserError where a folder holds a run with another config."""
    if not path.exists():
        return
    config = RunFiles(path).config
    if config.model_copy(update={"start": config.start.model_copy(update={"parent": None})}) != wanted:
        raise UserError(f"{path} was trained with other settings than {trial.name} has now; choose another --out, or move it away")


def command(trial: Trial, seed: int, out: Path) -> list[str]:
    """The words of a trial's command with a seed."""
    return [word.format(seed=seed, out=out) for word in shlex.split(trial.command)]


def parsed(words: list[str]) -> Any:
    """The options of a command; that of mechgrok finetune has an origin."""
    name, preset, *rest = words
    return finetune.parsed(preset, rest) if name == "finetune" else train.parsed(preset, rest)


def planned_config(words: list[str]) -> Config:
    """The configuration that a command would train, without its parent."""
    return train.chosen(parsed(words))
