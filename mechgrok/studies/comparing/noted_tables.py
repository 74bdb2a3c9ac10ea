"""A table as a file, with its provenance where readers of the format do not stumble over it.

Programs read the first line of a CSV file as its head, so a comment in it breaks them (pandas and R skip comments only when told to). Its
provenance lies beside it, in the file that the W3C's recommendation on tabular data names: `runs.csv-metadata.json`. A parquet file has
room in its metadata. LaTeX and Markdown have comments.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mechgrok.runs import store

BESIDE = "-metadata.json"
"""Added to the name of a CSV file (Metadata Vocabulary for Tabular Data, W3C 2015)."""
_COMMENT = "<!-- mechgrok: "
_HYPHENS = r"-\u002d"
"""Two hyphens in JSON."""


def write(path: Path, table: bytes, kind: str, provenance: Mapping[str, Any]) -> None:
    """Writes the bytes of a table of a format, with its provenance in it or, of CSV, beside it."""
    text = json.dumps(provenance, sort_keys=True)
    if kind == "csv":
        described = {"@context": "http://www.w3.org/ns/csvw", "url": path.name, "notes": [provenance]}
        store.write(path.with_name(path.name + BESIDE), json.dumps(described, indent=1).encode(), durable=False)
    store.write(path, _noted(table, kind, text), durable=False)


def read_markdown(path: Path) -> str:
    """A table in Markdown without its provenance."""
    return path.read_text().partition(f"\n{_COMMENT}")[0]


def _noted(table: bytes, kind: str, text: str) -> bytes:
    if kind == "parquet":
        return _parquet(table, text)
    if kind == "latex":
        return f"% mechgrok: {text}\n".encode() + table
    if kind == "markdown":
        # Two hyphens would end the comment.
        return table + f"\n{_COMMENT}{text.replace('--', _HYPHENS)} -->\n".encode()
    return table


def _parquet(table: bytes, text: str) -> bytes:
    import pyarrow.parquet as pq

    read, buffer = pq.read_table(io.BytesIO(table)), io.BytesIO()
    pq.write_table(read.replace_schema_metadata({**(read.schema.metadata or {}), b"mechgrok": text.encode()}), buffer)
    return buffer.getvalue()
