"""Loss and accuracy curves of the metrics.csv that Lightning writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mechgrok.errors import UserError

_COLUMNS = ["step", "split", "loss", "accuracy"]
_SPLITS = {"train": "train", "val": "test"}
"""What Lightning logs call our splits."""


def read_curves(path: Path) -> pd.DataFrame:
    """The curves of a Lightning metrics.csv: step, split, loss (nats), accuracy (share), by step and then split.

    Rows of training and of validation are interleaved there, each with its own step and empty cells for the other; validation becomes
    the split "test". Accuracies are logged in per cent. Train losses are means over an epoch's batches while the network changes, with
    dropout; columns other than these are left out. Raises UserError for files that are no such log.
    """
    logged = _csv(path)
    needed = ["step", *(f"{theirs}_{quantity}" for theirs in _SPLITS for quantity in ("loss", "accuracy"))]
    missing = [name for name in needed if name not in logged]
    if missing:
        raise UserError(f"{path} has no column {', '.join(missing)}; it must be the metrics.csv of a Lightning log, with percentages")
    if logged.empty:
        raise UserError(f"{path} has a header and no rows; it is the log of a run that did not begin")
    wrong = [name for name in needed if not pd.api.types.is_numeric_dtype(logged[name])]
    if wrong:
        raise UserError(f"{path} holds something other than numbers under {', '.join(wrong)}; restore it from a copy")
    _require_sense(path, logged)
    parts = [_of_split(logged, theirs, ours) for theirs, ours in _SPLITS.items()]
    return pd.concat(parts).sort_values("step", kind="stable", ignore_index=True)


def split_sizes(path: Path) -> tuple[int, int] | None:
    """Rows of train and of validation, where such a log has them as len_train_ds and len_val_ds."""
    logged = _csv(path)
    if not {"len_train_ds", "len_val_ds"} <= set(logged):
        return None
    counts = [pd.to_numeric(logged[name], errors="coerce").dropna() for name in ("len_train_ds", "len_val_ds")]
    known = all(len(each) and 0 <= each.iloc[-1] < 2**53 for each in counts)
    return (int(counts[0].iloc[-1]), int(counts[1].iloc[-1])) if known else None


def _csv(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise UserError(f"there is no file {path}; give the path of a metrics.csv")
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path} is no table of comma-separated values ({reason}); fetch it again") from None


def _require_sense(path: Path, logged: pd.DataFrame) -> None:
    steps = logged["step"].dropna()
    if ((steps < 0) | (steps % 1 != 0) | (steps > 2**53)).any():
        raise UserError(f"{path} has steps that are no whole numbers from 0; restore it from a copy")
    shares = pd.concat([logged[f"{theirs}_accuracy"].dropna() for theirs in _SPLITS])
    if ((shares < 0) | (shares > 100)).any():
        raise UserError(f"{path} has accuracies below 0 or above 100; Lightning logs hold them in per cent")


def _of_split(logged: pd.DataFrame, theirs: str, ours: str) -> pd.DataFrame:
    rows = logged.dropna(subset=["step", f"{theirs}_loss"])
    loss, accuracy = rows[f"{theirs}_loss"], rows[f"{theirs}_accuracy"] / 100
    return pd.DataFrame({"step": rows["step"].astype("int64"), "split": ours, "loss": loss, "accuracy": accuracy}, columns=_COLUMNS)
