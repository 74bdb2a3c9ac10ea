"""The finished runs of a study, and the numbers read from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mechgrok.analysis import Number, Pace, Study, Trial
from mechgrok.measures.base.measure import BaseMeasure, Missing
from mechgrok.runs.by_task import TASKS, by_task, folder_name
from mechgrok.runs.run import Run, open_run
from mechgrok.studies.finished import is_finished
from mechgrok.studies.pace import Interval, Time, ratio

if TYPE_CHECKING:
    from mechgrok.engine.outcomes import Result


def folder(out: Path, trial: Trial, seed: int) -> Path:
    """The folder of a run of a study."""
    return out / f"{trial.name}-s{seed}"


def flat(headline: Mapping[str, Any]) -> dict[str, Any]:
    """A headline with an entry for each member of its mappings and lists: `fve.14.0` for `{"fve": {"14": [0.97]}}`."""
    found: dict[str, Any] = {}
    for key, value in headline.items():
        members = dict(enumerate(value)) if isinstance(value, list) else value
        nested = {f"{key}.{name}": each for name, each in members.items()} if isinstance(members, Mapping) else {}
        found |= flat(nested) if nested else {key: value}
    return found


@dataclass(frozen=True)
class Trained:
    """A study with its finished runs."""

    study: Study
    out: Path
    names: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """The folders of runs whose name is not that of their trial, by trial and seed."""

    @cached_property
    def runs(self) -> dict[tuple[str, int], Run]:
        """By trial and seed."""
        usual = {(trial.name, seed): folder(self.out, trial, seed) for trial, seed in self.planned()}
        found = usual | {key: self.out / name for key, name in self.names.items()}
        return {key: open_run(path) for key, path in found.items() if path.is_dir() and is_finished(path)}

    @cached_property
    def times(self) -> dict[tuple[str, int], Time]:
        """When each of them grokked."""
        return {key: Time.of(run) for key, run in self.runs.items()}

    def time(self, trial: str, seed: int, task: str = "") -> Time:
        """When a run grokked, on one task for a mixture. Raises KeyError where it is not finished."""
        return Time.of(self.runs[trial, seed], task) if task else self.times[trial, seed]

    def planned(self) -> Iterator[tuple[Trial, int]]:
        """Every trial with every seed: all trials of a seed before the next, so that a part of a study is a smaller study."""
        return ((trial, seed) for seed in self.study.seeds for trial in self.study.trials)

    def value(self, wanted: Number | Pace, seed: int) -> Interval | str:
        """The bounds of a number for a seed, or the reason why it is missing."""
        names = [wanted.trial, *([wanted.than] if isinstance(wanted, Pace) else [])]
        absent = [name for name in names if (name, seed) not in self.runs]
        if absent:
            return f"{absent[0]} is not trained with seed {seed}"
        if isinstance(wanted, Pace):
            return ratio(self.time(wanted.trial, seed, wanted.task), self.times[wanted.than, seed])
        found = self._at(wanted, seed)
        return str(found) if isinstance(found, Missing | str) else (float(found), float(found))

    def _at(self, wanted: Number, seed: int) -> Any:
        history = self.history(wanted.trial, seed, wanted.measure, wanted.task)
        if isinstance(history, str):
            return history
        ends = {"first": history.index.min(), "last": history.index.max()}
        step = ends[wanted.at] if wanted.at in ends else int(wanted.at)
        if wanted.key not in history or step not in history.index or history[wanted.key].isna()[step]:
            return f"{wanted.trial} has no {wanted.key} of {wanted.measure} at step {step}"
        return history.loc[step, wanted.key]

    def history(self, trial: str, seed: int, measure: str, task: str = "") -> pd.DataFrame | str:
        """A measure's headline at every checkpoint (rows by step), or why it is missing; expensive ones at both ends and named steps."""
        asked = (trial, seed, measure, task)
        if asked not in self._histories:
            self._histories[asked] = self._history(*asked)
        return self._histories[asked]

    def provenance(self) -> dict[str, Any]:
        """The curves of all runs, and the results that were read so far."""
        from mechgrok.engine.provenance import of_curves, provenance

        curves = [of_curves(run.name, run.path) for run in self.runs.values()]
        return provenance([*curves, *(self._source(*asked) for asked, found in self._histories.items() if not isinstance(found, str))])

    def _source(self, trial: str, seed: int, measure: str, task: str) -> dict[str, Any]:
        from mechgrok.engine import registry
        from mechgrok.engine.provenance import of_result

        run = self.runs[trial, seed]
        name, beside = (f"{run.name}/{TASKS}/{task}", run.path / TASKS / folder_name(task)) if task else (run.name, run.beside)
        return of_result(name, beside, registry.parse(measure), None)

    @cached_property
    def _histories(self) -> dict[tuple[str, int, str, str], pd.DataFrame | str]:
        """Histories read so far; claims, differences and figures share them."""
        return {}

    def _history(self, trial: str, seed: int, measure: str, task: str) -> pd.DataFrame | str:
        from mechgrok.engine import registry
        from mechgrok.engine.analyze import analyze
        from mechgrok.engine.outcomes import Result

        asked, whole = registry.parse(measure), self.runs[trial, seed]
        run = by_task(whole)[task] if task else whole
        steps = run.steps if asked.cost == "cheap" else sorted({run.steps[0], run.steps[-1], *self._named(trial, measure)} & {*run.steps})
        outcome = analyze(run, [asked], steps=steps, nulls=0)[asked.label]
        return _headlines(outcome, asked, steps[-1]) if isinstance(outcome, Result) else outcome.reason

    def _named(self, trial: str, measure: str) -> Iterator[int]:
        """The steps at which claims have a number of a measure."""
        numbers = [number for claim in self.study.claims for number in claim.numbers]
        return (int(each.at) for each in numbers if (each.trial, each.measure) == (trial, measure) and each.at.isdigit())


def _headlines(result: Result, measure: BaseMeasure, last: int) -> pd.DataFrame:
    table = result.table
    if measure.per_run:
        return pd.DataFrame([flat(measure.headline(table))], index=pd.Index([last], name="step"))
    # A headline may depend on earlier checkpoints: the step of an alarm, or a number beside its early value.
    by_step = {step: flat(measure.headline(table[table["step"] <= step])) for step in sorted(table["step"].unique())}
    return pd.DataFrame.from_dict(by_step, orient="index").rename_axis("step")
