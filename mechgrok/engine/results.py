"""Results on disk: one parquet file a measure and checkpoint, with its stamp inside, so that the two cannot tear."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mechgrok.engine.outcomes import Null
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs.store import digest, write

RESULTS = "results"
_STAMP = b"mechgrok"


def folder(run: Path, measure: BaseMeasure) -> Path:
    """`results/<measure>/<hash of its fields>`."""
    return run / RESULTS / measure.name / digest(repr(measure).encode())


def save(run: Path, measure: BaseMeasure, step: int, stamp: str, table: pd.DataFrame) -> None:
    """Stores one checkpoint's table, and the measure's label beside it for whoever renders it later."""
    place = folder(run, measure)
    label = place / "measure.json"
    if _label(label) is None:
        write(label, json.dumps({"label": measure.label}).encode(), durable=False)
    buffer = io.BytesIO()
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata({_STAMP: stamp.encode()})
    # Dictionaries and statistics are for large files that are searched; here they would take half of the time.
    pq.write_table(arrow, buffer, use_dictionary=False, write_statistics=False)
    write(place / f"{step:08d}.parquet", buffer.getvalue(), durable=False)


def read(run: Path, measure: BaseMeasure, step: int) -> tuple[pd.DataFrame, str] | None:
    """The stored table of a checkpoint and its stamp, whatever it was made from; None where there is none."""
    path = folder(run, measure) / f"{step:08d}.parquet"
    if not path.is_file():
        return None
    try:
        table = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowInvalid):
        return None
    stamp = (table.schema.metadata or {}).get(_STAMP, b"").decode()
    return table.replace_schema_metadata(None).to_pandas(), stamp


def load(run: Path, measure: BaseMeasure, step: int, stamp: str) -> pd.DataFrame | None:
    """The stored table of a checkpoint; None where there is none that was made from the same things."""
    table, stored = read(run, measure, step) or (None, "")
    return table if stored == stamp else None


def over(run: Path, measure: BaseMeasure, steps: Sequence[int]) -> pd.DataFrame:
    """The stored tables of some checkpoints as one, with their `step`, whatever they were made from."""
    if not steps:
        return pd.DataFrame(columns=[*measure.columns, "step"])
    place = folder(run, measure)
    tables = [_numbered(pq.ParquetFile(place / f"{step:08d}.parquet").read(use_threads=False), step) for step in steps]
    # A column that is empty at one checkpoint has no type there.
    return pa.concat_tables(tables, promote_options="permissive").to_pandas()


def _numbered(table: pa.Table, step: int) -> pa.Table:
    return table.replace_schema_metadata(None).append_column("step", pa.repeat(step, len(table)))


def stored_steps(run: Path, measure: BaseMeasure) -> list[int]:
    """The steps that have a stored table, ascending."""
    return sorted(int(path.stem) for path in folder(run, measure).glob("*.parquet") if path.stem.isdigit())


def stored_labels(run: Path) -> list[str]:
    """The labels of the measures with stored results."""
    found = map(_label, sorted((run / RESULTS).glob("*/*/measure.json")))
    return [label for label in found if label is not None]


def _label(path: Path) -> str | None:
    """None for a file that a crash left unreadable; the next analysis writes it again."""
    try:
        label: str = json.loads(path.read_text())["label"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return label


def save_null(run: Path, measure: BaseMeasure, step: int, stamp: str, null: Null) -> None:
    """Stores a measure's null at a checkpoint."""
    write(folder(run, measure) / f"null-{step:08d}.json", json.dumps({"stamp": stamp, "null": null}).encode(), durable=False)


def read_null(run: Path, measure: BaseMeasure, step: int) -> tuple[Null, str] | None:
    """The stored null and its stamp, whatever it was made from; None where there is none."""
    try:
        stored = json.loads((folder(run, measure) / f"null-{step:08d}.json").read_text())
        return stored["null"], stored["stamp"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def load_null(run: Path, measure: BaseMeasure, step: int, stamp: str) -> Null | None:
    """The stored null; None where there is none that was made from the same things."""
    null, stored = read_null(run, measure, step) or (None, "")
    return null if stored == stamp else None
