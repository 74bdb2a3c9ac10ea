"""The tables of one measure at many checkpoints as one parquet file.

The rows of all steps lie one after the other. The file's metadata hold, for each step, its number of rows, the types of its columns (a
column that is empty at one checkpoint has none there), and its stamp in two parts: the part that many steps share, stored once, and its
own. A table comes back exactly as it was stored, and rows and stamps cannot tear, since they lie in one file.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_METADATA = b"mechgrok"
_SHARED = ("measure", "source", "software")
"""The parts of a stamp that are the same at all steps of one analysis."""


@dataclass(frozen=True)
class Stored:
    """The table of one step, and the stamp that states from what it was computed."""

    rows: pa.Table
    stamp: str

    @classmethod
    def of(cls, table: pd.DataFrame, stamp: str) -> Stored:
        """A table that was just computed."""
        return cls(pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None), stamp)

    def table(self) -> pd.DataFrame:
        """The table as it was computed."""
        return self.rows.to_pandas()


@dataclass(frozen=True)
class Tables:
    """The stored tables of a measure by step, ascending."""

    by_step: Mapping[int, Stored] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Tables:
        """The tables of a file; none for a file that is missing or broken."""
        try:
            table = pq.read_table(path, use_threads=False, partitioning=None)
            return cls(dict(_split(table, json.loads(table.schema.metadata[_METADATA]))))
        except (OSError, ValueError, KeyError, TypeError, IndexError, pa.ArrowException):
            return cls()

    def with_(self, new: Mapping[int, Stored]) -> Tables:
        """These tables and new ones, which replace those of their steps, and those of other versions, whose columns have other types."""
        kept = {step: stored for step, stored in self.by_step.items() if step not in new}
        if not fit([*kept.values(), *new.values()]):
            kept = {step: stored for step, stored in kept.items() if fit([stored, *new.values()])}
        merged = {**kept, **new}
        return Tables({step: merged[step] for step in sorted(merged)})

    def content(self) -> bytes:
        """The bytes of the file."""
        table = _joined(stored.rows for stored in self.by_step.values())
        buffer = io.BytesIO()
        # Dictionaries and statistics are for large files that are searched; here they would take half of the time.
        noted = table.replace_schema_metadata({_METADATA: json.dumps(_described(self.by_step)).encode()})
        pq.write_table(noted, buffer, use_dictionary=False, write_statistics=False)
        return buffer.getvalue()

    def over(self, steps: Sequence[int]) -> pd.DataFrame:
        """The tables of some steps as one, with their `step`."""
        parts = [self.by_step[step].rows for step in steps]
        numbers = [step for step, part in zip(steps, parts, strict=True) for _ in range(len(part))]
        return _joined(parts).append_column("step", pa.array(numbers, pa.int64())).to_pandas()


def _joined(parts: Iterable[pa.Table]) -> pa.Table:
    return pa.concat_tables(parts, promote_options="permissive")


def fit(tables: Iterable[Stored]) -> bool:
    """Whether the columns of some tables have types that one table can hold."""
    try:
        pa.unify_schemas([stored.rows.schema for stored in tables], promote_options="permissive")
    except pa.ArrowException:
        return False
    return True


def _described(by_step: Mapping[int, Stored]) -> dict[str, Any]:
    """The metadata: distinct shared parts of stamps and schemas, and for each step its rows, the numbers of these, and its own part."""
    shared, schemas, steps = _Distinct(), _Distinct(), []
    for step, stored in by_step.items():
        parts = json.loads(stored.stamp)
        common = json.dumps({name: parts.pop(name) for name in _SHARED if name in parts})
        schema = base64.b64encode(stored.rows.schema.serialize()).decode()
        steps.append([step, len(stored.rows), shared.number(common), schemas.number(schema), parts])
    return {"shared": shared.values, "schemas": schemas.values, "steps": steps}


class _Distinct:
    """Values by their number, each once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, value: str) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[str]:
        return list(self._numbers)


def _split(table: pa.Table, described: Mapping[str, Any]) -> Iterable[tuple[int, Stored]]:
    """Each step with its rows, in the types that they had, and its stamp."""
    shared = [json.loads(text) for text in described["shared"]]
    schemas = [pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text))) for text in described["schemas"]]
    bare, start = table.replace_schema_metadata(None), 0
    for step, rows, common, schema, own in described["steps"]:
        part = bare.slice(start, rows)
        start += rows
        stamp = json.dumps({**shared[common], **own}, sort_keys=True)
        yield step, Stored(part if bare.schema.equals(schemas[schema]) else _typed(part, schemas[schema]), stamp)
    if start != len(table):
        raise ValueError("the steps have fewer rows than the file")


def _typed(part: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows in the types that they had before they were joined with others; a column without a type holds nothing."""
    columns = [pa.nulls(len(part)) if pa.types.is_null(each.type) else part[each.name].cast(each.type) for each in schema]
    return pa.table(columns, schema=schema)
