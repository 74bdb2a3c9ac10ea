"""Where the numbers of a figure or table are from: runs, measures, steps, stamps of stored results, and versions of the software."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mechgrok.engine.results import Results
from mechgrok.engine.stamps import software
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs.store import METRICS, digest

NOT_STORED = "not stored"


def provenance(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a file carries: an entry for each result, and the versions of mechgrok and torch."""
    return {"results": [dict(entry) for entry in entries], "software": {name: software()[name] for name in ("mechgrok", "torch")}}


def of_result(run: str, beside: Path, measure: BaseMeasure, step: int | None) -> dict[str, Any]:
    """The entry of a measure's result in the folder `beside`, at a step or at its last one.

    The stamp is the digest of the text that is stored with the table: weights, split and config, required tables, code, versions.
    """
    results = Results(beside)
    last = max(results.steps(measure), default=None) if step is None else step
    stamp = None if last is None else results.stamp(measure, last)
    return {"run": run, "measure": measure.label, "step": last, "stamp": NOT_STORED if stamp is None else digest(stamp.encode())}


def of_unstored(run: str, measure: BaseMeasure, step: int | None) -> dict[str, Any]:
    """The entry of a result that could not be stored. An older one in its place has another stamp."""
    return {"run": run, "measure": measure.label, "step": step, "stamp": NOT_STORED}


def of_curves(run: str, folder: Path) -> dict[str, Any]:
    """The entry of the curves that were recorded in training; its stamp is the digest of the file."""
    path = folder / METRICS
    return {"run": run, "measure": METRICS, "stamp": digest(path.read_bytes()) if path.is_file() else NOT_STORED}
