"""The recorded curves of a run, and the times that they give, read without building the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechgrok.errors import UserError
from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.measures.grokking.grok_times import GrokTimes
from mechgrok.runs import store
from mechgrok.runs.stored.readings import whole_lines

SPLITS = ("train", "test")
COLUMNS = ("step", "split", "loss", "accuracy")


@dataclass(frozen=True)
class Curve:
    """The readings of one split, ascending in step."""

    step: NDArray[np.int64]
    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]


@dataclass(frozen=True)
class Reached:
    """When an accuracy was reached, or the last step at which it had not been."""

    step: int | None
    until: int
    """Step of the last reading."""

    @property
    def at(self) -> int:
        """The step, or that of the last reading."""
        return self.until if self.step is None else self.step


def curves(run: Path) -> dict[str, Curve]:
    """The curves of train and test rows in `metrics.csv`; those that were recorded."""
    import pyarrow as pa
    from pyarrow import csv

    path = run / store.METRICS
    content = whole_lines(path)
    if content is None:
        return {}
    types = dict(zip(COLUMNS, (pa.int64(), pa.string(), pa.float64(), pa.float64()), strict=True))
    wanted = csv.ConvertOptions(include_columns=list(COLUMNS), include_missing_columns=True, column_types=types)
    try:
        table = csv.read_csv(pa.BufferReader(content), csv.ReadOptions(use_threads=False), convert_options=wanted)
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{path} cannot be read ({error}); restore it from a copy") from None
    if table["step"].null_count:
        raise UserError(f"{path} has readings without a step; restore it from a copy")
    step, split, loss, accuracy = (table[name].to_numpy() for name in COLUMNS)
    found = {name: split == name for name in SPLITS}
    return {name: Curve(step[rows], loss[rows], accuracy[rows]) for name, rows in found.items() if rows.any()}


def times(beside: Path, recorded: Mapping[str, Curve]) -> dict[str, Reached]:
    """When the train accuracy (memorised) and the test accuracy (generalised) were reached, by split, as `grok-times` defines them.

    Where no test accuracy was recorded, as of most imported networks, from the result of `grok-times` that is stored in the folder
    `beside`, if there is one.
    """
    asked = GrokTimes()
    found = {split: _reached(curve, asked) for split, curve in recorded.items() if np.isfinite(curve.accuracy).any()}
    return found if "test" in found else _stored(beside, asked)


def _reached(curve: Curve, asked: GrokTimes) -> Reached:
    known = np.isfinite(curve.accuracy)
    step, accuracy = curve.step[known], curve.accuracy[known]
    return Reached(first_crossing(step, accuracy, asked.test_threshold, sustained=asked.sustained), int(step[-1]))


def _stored(beside: Path, asked: GrokTimes) -> dict[str, Reached]:
    from mechgrok.engine.results import Results

    results = Results(beside)
    found = results.read(asked, max(results.steps(asked), default=-1))
    if found is None:
        return {}
    table, _ = found
    rows = table[(table["criterion"] == asked.chosen) & (table["holds"] == asked.sustained) & table["last_step"].notna()]
    return {str(row["split"]): _of_row(row) for row in rows.to_dict("records")}


def _of_row(row: Mapping[Any, Any]) -> Reached:
    return Reached(int(row["step"]) if row["reached"] else None, int(row["last_step"]))
