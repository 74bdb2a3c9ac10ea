"""Loss and accuracy curves of a log, whose columns are found by their names or given by the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.curve_names import Curve, identify
from mechgrok.runs.importing.containers.curves import Curves, find_curves
from mechgrok.runs.importing.containers.intervals import evenly, infer_steps
from mechgrok.runs.importing.containers.steps import EPOCH_NAMES, STEP_NAMES
from mechgrok.runs.importing.containers.units import is_percent
from mechgrok.runs.importing.logs.log_files import read_log

_COLUMNS = ["step", "split", "loss", "accuracy"]
_KEYS_SHOWN = 12


def read_curves(path: Path, columns: Mapping[str, str] | None = None, record_every: int | None = None) -> tuple[pd.DataFrame, list[str]]:
    """The curves of a log, step, split, loss (nats) and accuracy (share), by step and then split; and notes on how it was read.

    Validation becomes the split "test". `columns` maps "step", "train_loss", "test_accuracy", ... to names in the log. Rows of training
    and validation may be interleaved. Epochs stand for updates where there are no steps. Raises UserError for files without curves.
    """
    data = _renamed(path, read_log(path), columns or {})
    _require_steps(path, data)
    found = find_curves(data)
    dated, about_steps = _dated(found, record_every)
    curves = _with_splits(dated)
    if not curves:
        raise UserError(f"{path} holds no reading of a train or test loss or accuracy; {_hint(data)}")
    table, about_units = _table(path, curves)
    return table, [_on_names(found, curves, columns or {}), *about_steps, *about_units]


def _on_names(found: Curves, curves: Iterable[Curve], columns: Mapping[str, str]) -> str:
    """A note on the columns that were read."""
    names = {curve: found.names.get(curve) or found.names[Curve(None, curve.quantity)] for curve in curves}
    ours = {identify(name): theirs for name, theirs in columns.items() if name != "step"}
    axis = [f"step from {columns.get('step', found.axis)!r}"] if found.axis else []
    used = [f"{curve.split} {curve.quantity} from {ours.get(curve, name.removeprefix('.'))!r}" for curve, name in names.items()]
    return f"read {', '.join([*axis, *used])} (correct it by --columns)"


def parse_columns(text: str) -> dict[str, str]:
    """The pairs of `step=epoch,test_loss=valid_ce`: our name -> the log's. Raises UserError for names other than ours."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    for ours, sign, theirs in pairs:
        curve = identify(ours)
        if not sign or not theirs or (ours != "step" and (curve is None or curve.split is None)):
            known = "step=NAME, train_loss=NAME, test_loss=NAME, train_accuracy=NAME or test_accuracy=NAME"
            raise UserError(f"--columns {ours}{sign}{theirs}: write {known}, with commas between them")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _renamed(path: Path, data: Any, columns: Mapping[str, str]) -> Any:
    """The data with the columns that the user names under our names, and without others of the same meaning."""
    if not columns:
        return data
    known = {str(key) for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict) for key in row}
    missing = [name for name in columns.values() if name not in known]
    if missing:
        raise UserError(f"--columns: {path} has no column {missing[0]!r}; {_hint(data)}")
    return [_renamed_row(row, columns) for row in data] if isinstance(data, list) else _renamed_row(data, columns)


def _renamed_row(row: Any, columns: Mapping[str, str]) -> Any:
    meant = {_meaning(ours) for ours in columns}
    kept = {key: item for key, item in row.items() if _meaning(str(key)) not in meant or _meaning(str(key)) is None}
    return kept | {ours: row[theirs] for ours, theirs in columns.items() if theirs in row}


def _meaning(name: str) -> Curve | str | None:
    return "step" if name.lower() in (*STEP_NAMES, *EPOCH_NAMES) else identify(name)


def _require_steps(path: Path, data: Any) -> None:
    """Raises UserError where a step is no whole number from 0."""
    for row in data if isinstance(data, list) else []:
        steps = [row[name] for name in ("step", "epoch") if isinstance(row, dict) and isinstance(row.get(name), int | float)]
        if (steps and not 0 <= steps[0] < 2**40) or (steps and steps[0] % 1):
            raise UserError(f"{path} has steps that are no whole numbers from 0; restore it from a copy")


def _dated(found: Curves, record_every: int | None) -> tuple[dict[Curve, dict[int, float]], list[str]]:
    """The curves with a step for each reading, and notes on steps that are assumed."""
    if record_every is not None and (record_every < 1 or not found.undated):
        raise UserError(f"--record-every {record_every}: the log gives its steps, or the number is below 1; leave it away")
    curves = {curve: {step: value for step, value in values.items() if step is not None} for curve, values in found.dated.items()}
    longest = max(map(len, found.undated.values()), default=0)
    notes = _on_epochs(found.axis)
    for curve, values in found.undated.items():
        steps, note = infer_steps(len(values), longest, None)
        if record_every is not None:
            steps, note = evenly(len(values), record_every), f"one record every {record_every} updates, as given"
        curves.setdefault(curve, dict(zip(steps, values, strict=True)))
        notes.append(note)
    return {curve: values for curve, values in curves.items() if values}, list(dict.fromkeys(notes))


def _with_splits(curves: Mapping[Curve, dict[int, float]]) -> dict[Curve, dict[int, float]]:
    """Curves without a split are of the train rows where there is another one of the test rows."""
    found = {curve: values for curve, values in curves.items() if curve.split is not None}
    for curve, values in curves.items():
        if curve.split is None and any(other.split == "test" for other in found):
            found.setdefault(curve._replace(split="train"), values)
    return found


def _on_epochs(axis: str | None) -> list[str]:
    return ["an epoch is taken to be one update (a full batch)"] if axis and axis.lower().rstrip("s") in EPOCH_NAMES else []


def _table(path: Path, curves: Mapping[Curve, Mapping[int, float]]) -> tuple[pd.DataFrame, list[str]]:
    """The table of all curves, with accuracies as shares, and a note on their unit."""
    parts = [_of_split(curves, split) for split in ("train", "test")]
    table = pd.concat([part for part in parts if len(part)]).sort_values("step", kind="stable", ignore_index=True)
    accuracy = table["accuracy"]
    percent, evidence = is_percent(zip(accuracy, table["loss"], strict=True))
    if ((accuracy < 0) | (accuracy > 100)).any():
        raise UserError(f"{path} has accuracies below 0 or above 100; restore it from a copy, or name the columns by --columns")
    table["accuracy"] = accuracy / 100 if percent else accuracy
    return table, [evidence] if accuracy.notna().any() else []


def _of_split(curves: Mapping[Curve, Mapping[int, float]], split: Any) -> pd.DataFrame:
    series = {quantity: curves.get(Curve(split, quantity), {}) for quantity in ("loss", "accuracy")}  # type: ignore[arg-type]
    steps = sorted({step for values in series.values() for step in values})
    values = {quantity: [found.get(step, np.nan) for step in steps] for quantity, found in series.items()}
    return pd.DataFrame({"step": np.array(steps, np.int64), "split": split, **values}, columns=_COLUMNS)


def _hint(data: Any) -> str:
    rows = [row for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict)]
    names = list(dict.fromkeys(str(key)[:40] for row in rows for key in row))
    shown = ", ".join(names[:_KEYS_SHOWN]) or "none"
    return f"its columns are {shown}; name them by --columns step=...,train_loss=...,test_loss=..."
