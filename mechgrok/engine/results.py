"""Results on disk: for each measure one parquet file of its tables at all checkpoints, one file of its nulls, and its label.

Tables that were just computed are kept in memory and written at least every `INTERVAL` seconds, and when the analysis ends or is
interrupted. Writing takes a lock of the run's results, reads the files again and adds to them, so that two analyses of one run do not lose
or mix anything.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from mechgrok.engine.outcomes import Null
from mechgrok.engine.tables import Stored, Tables, fit
from mechgrok.errors import unwritten
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs.locks.locking import LockedError, locked
from mechgrok.runs.store import digest, write

RESULTS = "results"
TABLES, NULLS, LABEL = "tables.parquet", "nulls.json", "measure.json"
INTERVAL = 30.0
"""Seconds between two writes: what a killed analysis loses at most."""


def folder(run: Path, measure: BaseMeasure) -> Path:
    """`results/<measure>/<hash of its fields>`."""
    return run / RESULTS / measure.name / digest(repr(measure).encode())


class Results:
    """The stored tables of one run, each file read once, and those that wait to be written."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._read = cache(lambda measure: Tables.read(folder(run, measure) / TABLES))
        self._waiting: dict[BaseMeasure, dict[int, Stored]] = {}
        self._types: dict[BaseMeasure, Stored] = {}
        """Of each measure that was computed, the table of one step."""
        self._written, self._lock = time.monotonic(), threading.RLock()
        self.unwritten = ""
        """Why results could not be stored; empty where they could."""

    def read(self, measure: BaseMeasure, step: int) -> tuple[pd.DataFrame, str] | None:
        """The table of a step and its stamp, whatever it was computed from; None where there is none."""
        stored = self._of_step(measure, step)
        return None if stored is None else (stored.table(), stored.stamp)

    def stamp(self, measure: BaseMeasure, step: int) -> str | None:
        """The stamp of the table of a step; None where there is none."""
        stored = self._of_step(measure, step)
        return None if stored is None else stored.stamp

    def load(self, measure: BaseMeasure, step: int, stamp: str) -> pd.DataFrame | None:
        """The table of a step; None where there is none with this stamp."""
        found = self.read(measure, step) if self.stamp(measure, step) == stamp else None
        return None if found is None else found[0]

    def steps(self, measure: BaseMeasure) -> list[int]:
        """The steps that have a table, ascending."""
        return list(self._tables(measure).by_step)

    def over(self, measure: BaseMeasure, steps: Sequence[int]) -> pd.DataFrame:
        """The tables of some steps as one, with their `step`, whatever they were computed from."""
        if not steps:
            return pd.DataFrame(columns=[*measure.columns, "step"])
        with self._lock:
            return self._tables(measure).over(steps)

    def keep(self, measure: BaseMeasure, step: int, stamp: str, table: pd.DataFrame) -> None:
        """Stores a table that was just computed, on the disk within INTERVAL seconds.

        Raises TypeError where its columns have other types than those of another step.
        """
        with self._lock:
            stored = Stored.of(table, stamp)
            if not fit([self._types.setdefault(measure, stored), stored]):
                raise TypeError(f"the columns of {measure.label} have other types at step {step} than at another one")
            self._waiting.setdefault(measure, {})[step] = stored
            if time.monotonic() - self._written > INTERVAL:
                self.write()

    def write(self) -> None:
        """Writes the tables that wait. Where the folder takes none, as on a full disk, they stay in memory."""
        with self._lock:
            self._written = time.monotonic()
            try:
                self._write_waiting()
            except OSError as error:
                self.unwritten = f"results are not stored: {unwritten(error, self.run / RESULTS)}"
                return
            except LockedError as error:
                self.unwritten = f"results are not stored: {error}"
                return
            self._waiting.clear()
            self._read.cache_clear()

    def _write_waiting(self) -> None:
        if self._waiting:
            with _locked(self.run / RESULTS):
                for measure, new in self._waiting.items():
                    _add(folder(self.run, measure), measure, new)

    def _of_step(self, measure: BaseMeasure, step: int) -> Stored | None:
        """The table of a step. Tables that wait are not joined with the others for it, which would take longer with each checkpoint."""
        with self._lock:
            found: Stored | None = self._waiting.get(measure, {}).get(step) or self._read(measure).by_step.get(step)
            return found

    def _tables(self, measure: BaseMeasure) -> Tables:
        stored: Tables = self._read(measure)
        waiting = self._waiting.get(measure)
        return stored.with_(waiting) if waiting else stored


def _add(place: Path, measure: BaseMeasure, new: Mapping[int, Stored]) -> None:
    """Adds tables to the file of a measure, and removes files of one step each, the form of earlier versions."""
    # The label first: tables without one are not found, and are not written again while they hold.
    if _label(place / LABEL) is None:
        write(place / LABEL, json.dumps({"label": measure.label}).encode(), durable=False)
    write(place / TABLES, Tables.read(place / TABLES).with_(new).content(), durable=False)
    for old in [*place.glob("[0-9]*.parquet"), *place.glob("null-*.json"), *place.glob(f".{TABLES}.*"), *place.glob(f".{NULLS}.*")]:
        old.unlink(missing_ok=True)


@contextmanager
def _locked(results: Path) -> Iterator[None]:
    """Waits for the lock of a run's results, and holds it."""
    results.mkdir(parents=True, exist_ok=True)
    with locked(results, "is being written", waits=True):
        yield


def stored_labels(run: Path) -> list[str]:
    """The labels of the measures with stored tables."""
    found = [_label(path) for path in sorted((run / RESULTS).glob(f"*/*/{LABEL}")) if path.with_name(TABLES).is_file()]
    return [label for label in found if label is not None]


def _label(path: Path) -> str | None:
    """None for a file that a crash left unreadable; the next analysis writes it again."""
    label = _json(path).get("label")
    return label if isinstance(label, str) else None


def save_null(run: Path, measure: BaseMeasure, step: int, stamp: str, null: Null) -> None:
    """Stores a measure's null at a checkpoint, unless the folder takes nothing, which `Results.write` reports."""
    place = folder(run, measure)
    with suppress(OSError, LockedError), _locked(run / RESULTS):
        nulls = _json(place / NULLS) | {str(step): {"stamp": stamp, "null": null}}
        write(place / NULLS, json.dumps(nulls).encode(), durable=False)


def read_null(run: Path, measure: BaseMeasure, step: int) -> tuple[Null, str] | None:
    """The stored null and its stamp, whatever it was computed from; None where there is none."""
    try:
        stored = _json(folder(run, measure) / NULLS)[str(step)]
        return stored["null"], stored["stamp"]
    except (KeyError, TypeError):
        return None


def load_null(run: Path, measure: BaseMeasure, step: int, stamp: str) -> Null | None:
    """The stored null; None where there is none with this stamp."""
    null, stored = read_null(run, measure, step) or (None, "")
    return null if stored == stamp else None


def _json(path: Path) -> dict[str, Any]:
    """The dict in a file; empty for a file that is missing or broken."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
