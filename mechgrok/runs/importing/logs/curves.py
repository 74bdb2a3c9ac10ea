"""Loss and accuracy curves of a log, whose columns are found by their names or given by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.contents import Series
from mechgrok.runs.importing.containers.curve_names import identify
from mechgrok.runs.importing.containers.curves import find_curves
from mechgrok.runs.importing.containers.recorded import SPLITS, Recorded, recorded_of
from mechgrok.runs.importing.epochs import ONE_UPDATE, length_by_interval
from mechgrok.runs.importing.logs.columns import describe_columns, rename_columns
from mechgrok.runs.importing.logs.log_files import read_log
from mechgrok.runs.importing.undated_lists import date_lists, with_lists

_COLUMNS = ["step", "split", "loss", "accuracy"]


def read_curves(path: Path, columns: Mapping[str, str] | None = None, record_every: int | None = None) -> tuple[pd.DataFrame, list[str]]:
    """The curves of a log, step, split, loss (nats) and accuracy (share), by step and then split; and notes on how it was read.

    Validation becomes the split "test". `columns` maps "step", "train_loss", "test_accuracy", ... to names in the log. Rows of training
    and validation may be interleaved. An epoch is taken for one update where there are no steps, unless `record_every` gives the updates
    between two records. Raises UserError for files without curves.
    """
    recorded, notes = read_recorded(path, columns or {})
    dated, about_steps = date_records(recorded, record_every)
    return _table(dated), [*notes, *about_steps]


def read_recorded(path: Path, columns: Mapping[str, str]) -> tuple[Recorded, list[str]]:
    """The records of a log as it dates them, and notes on columns and units. Raises UserError for files without curves."""
    data = rename_columns(path, read_log(path), columns)
    _require_steps(path, data)
    recorded = _without_single_numbers(recorded_of(find_curves(data)))
    if not (recorded.losses or recorded.accuracies or recorded.undated):
        raise UserError(f"{path} holds no reading of a train or test loss or accuracy; {describe_columns(data)}")
    _require_shares(path, recorded)
    return recorded, [_on_names(recorded, columns), *([recorded.units] if recorded.units else [])]


def _without_single_numbers(recorded: Recorded) -> Recorded:
    """The records without those that have no step and stand in no list, such as a final accuracy."""
    return replace(recorded, losses=_with_steps(recorded.losses), accuracies=_with_steps(recorded.accuracies))


def _with_steps(by_split: Mapping[str, Series]) -> dict[str, Series]:
    found: dict[str, Series] = {split: {at: value for at, value in series.items() if at is not None} for split, series in by_split.items()}
    return {split: series for split, series in found.items() if series}


def _require_shares(path: Path, recorded: Recorded) -> None:
    """Raises UserError where an accuracy is no share."""
    dated = [value for series in recorded.accuracies.values() for value in series.values()]
    listed = [value for each in recorded.undated if each.quantity == "accuracy" for value in each.values]
    if any(value < 0 or value > 1 for value in (*dated, *listed)):
        raise UserError(f"{path} has accuracies below 0 or above 100; restore it from a copy, or name the columns by --columns")


def _on_names(recorded: Recorded, columns: Mapping[str, str]) -> str:
    """A note on the columns that were read."""
    ours = {identify(name): theirs for name, theirs in columns.items() if name != "step"}
    axis = [f"step from {columns.get('step', recorded.axes[-1])!r}"] if recorded.axes else []
    used = [f"{curve.split} {curve.quantity} from {ours.get(curve, name.removeprefix('.'))!r}" for curve, name in recorded.names.items()]
    return f"read {', '.join([*axis, *used])} (correct it by --columns)"


def _require_steps(path: Path, data: Any) -> None:
    """Raises UserError where a step is no whole number from 0."""
    for row in data if isinstance(data, list) else []:
        steps = [row[name] for name in ("step", "epoch") if isinstance(row, dict) and isinstance(row.get(name), int | float)]
        if (steps and not 0 <= steps[0] < 2**40) or (steps and steps[0] % 1):
            raise UserError(f"{path} has steps that are no whole numbers from 0; restore it from a copy")


def date_records(recorded: Recorded, record_every: int | None) -> tuple[Recorded, list[str]]:
    """Records without weights beside them, with a step for each; and notes on steps that are assumed.

    Raises UserError where the log gives its steps and the user another interval.
    """
    if record_every is not None and record_every < 1:
        raise UserError(f"--record-every {record_every}: a number of updates, 1 or more")
    if record_every is not None and not (recorded.undated or recorded.in_epochs):
        raise UserError(f"--record-every {record_every}: the log gives its steps; leave it away")
    return _joined(*_by_epochs(recorded, record_every), record_every)


def _by_epochs(recorded: Recorded, every: int | None) -> tuple[Recorded, list[str]]:
    """Epochs as numbers of updates."""
    if not recorded.in_epochs:
        return recorded, []
    steps = {step for series in (*recorded.losses.values(), *recorded.accuracies.values()) for step in series if step is not None}
    length = ONE_UPDATE if every is None else length_by_interval(steps, every)
    losses, accuracies = (
        {split: length.steps(series) for split, series in each.items()} for each in (recorded.losses, recorded.accuracies)
    )
    return replace(recorded, losses=losses, accuracies=accuracies), [length.note]


def _joined(recorded: Recorded, notes: list[str], every: int | None) -> tuple[Recorded, list[str]]:
    """The records with those of lists among them."""
    if not recorded.undated:
        return recorded, notes
    lists, about = date_lists(recorded.undated, None, every)
    losses, accuracies = with_lists(recorded.losses, lists, "loss"), with_lists(recorded.accuracies, lists, "accuracy")
    return replace(recorded, losses=losses, accuracies=accuracies, undated=()), [*notes, *about]


def _table(recorded: Recorded) -> pd.DataFrame:
    """The table of all curves."""
    parts = [_of_split(recorded, split) for split in SPLITS]
    return pd.concat([part for part in parts if len(part)]).sort_values("step", kind="stable", ignore_index=True)


def _of_split(recorded: Recorded, split: str) -> pd.DataFrame:
    series = {"loss": recorded.losses.get(split, {}), "accuracy": recorded.accuracies.get(split, {})}
    steps = sorted({step for values in series.values() for step in values if step is not None})
    values = {quantity: [found.get(step, np.nan) for step in steps] for quantity, found in series.items()}
    return pd.DataFrame({"step": np.array(steps, np.int64), "split": split, **values}, columns=_COLUMNS)
