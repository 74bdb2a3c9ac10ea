"""Sizes of the splits in the metrics.csv that Lightning writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mechgrok.runs.importing.logs.log_files import read_csv


def split_sizes(path: Path) -> tuple[int, int] | None:
    """Rows of train and of validation, where such a log has them as len_train_ds and len_val_ds."""
    if path.suffix != ".csv":
        return None
    logged = read_csv(path)
    if not {"len_train_ds", "len_val_ds"} <= set(logged):
        return None
    counts = [pd.to_numeric(logged[name], errors="coerce").dropna() for name in ("len_train_ds", "len_val_ds")]
    known = all(len(each) and 0 <= each.iloc[-1] < 2**53 for each in counts)
    return (int(counts[0].iloc[-1]), int(counts[1].iloc[-1])) if known else None
