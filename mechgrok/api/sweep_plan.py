"""The cells of a sweep before any of them is trained: configs, commands, folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mechgrok.api.settings import changed
from mechgrok.api.sweep_stacks import together
from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.runs.run_files import RunFiles
from mechgrok.studies import axes as grids
from mechgrok.studies.axes import Axes
from mechgrok.studies.cells import Cell
from mechgrok.studies.job import Job, Watch
from mechgrok.studies.sweep import Sweep
from mechgrok.training.execution import Execution


@dataclass(frozen=True)
class Plan:
    """A sweep and the config of each of its cells."""

    sweep: Sweep
    configs: tuple[Config, ...]

    def jobs(self, execution: Execution, watch: Watch, *, retry: bool, at_once: int = 0) -> list[Job]:
        """The jobs that are left: not of finished cells, and of failed ones only for a `retry`.

        Seeds are trained in stacks where these are faster when so many jobs run `at_once`; with 0 each cell is alone.
        """
        done = ("finished", "running") if retry else ("finished", "running", "failed")
        left = [(cell, config) for cell, config in zip(self.sweep.cells, self.configs, strict=True) if cell.state not in done]
        groups = together(left, execution, at_once) if at_once else [[place] for place in left]
        return [_job(group, execution, watch) for group in groups]


def _job(group: Sequence[tuple[Cell, Config]], execution: Execution, watch: Watch) -> Job:
    cells, configs = zip(*group, strict=True)
    return Job(cells, tuple(config.model_dump_json() for config in configs), execution, watch)


def plan(preset: str, words: Sequence[str], axes: Axes, bases: Callable[[int], Config], seeds: Sequence[int], out: Path) -> Plan:
    """The sweep of a preset with the flags `words`; `bases` gives its config with these flags and a seed.

    Raises UserError for a value that the config does not take, and where two cells have the same config.
    """
    trials, points, out = grids.trials(preset, words, axes), grids.points(axes), out.resolve()
    places = [(trial, seed, values) for seed in seeds for trial, values in zip(trials, points, strict=True)]
    base = {seed: bases(seed) for seed in seeds}
    configs = tuple(changed(base[seed], values) for _, seed, values in places)
    names = _folders(out, [f"{trial.name}-s{seed}" for trial, seed, _ in places], configs)
    cells = (
        Cell(trial.name, seed, values, out / name, config.training.steps)
        for (trial, seed, values), config, name in zip(places, configs, names, strict=True)
    )
    return Plan(Sweep(out, preset, axes, trials, tuple(cells)), configs)


def _folders(out: Path, names: Sequence[str], configs: Sequence[Config]) -> list[str]:
    """The folder of each cell: the run with its config where there is one, else its name, else its name with a hash of the config."""
    keys = [config.model_dump_json() for config in configs]
    for key, name in zip(keys, names, strict=True):
        if keys.count(key) > 1:
            twin = names[len(keys) - 1 - keys[::-1].index(key)]
            raise UserError(f"{name} and {twin} have the same config; leave one of the values away")
    known = dict(_runs(out))
    return [known.get(key) or _free(out, name, key) for key, name in zip(keys, names, strict=True)]


def _runs(out: Path) -> Iterator[tuple[str, str]]:
    """The runs in a folder: config as JSON, and name."""
    for path in sorted(out.glob(f"*/{store.CONFIG}")):
        yield RunFiles(path.parent).config.model_dump_json(), path.parent.name


def _free(out: Path, name: str, key: str) -> str:
    return f"{name}-{store.digest(key.encode())[:8]}" if (out / name).exists() else name
