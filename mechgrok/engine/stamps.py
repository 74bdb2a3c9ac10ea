"""Stamps of stored results: what a table was made from. A result is reused only while its stamp holds.

A stamp has two halves. `made_by` is the same for all checkpoints of a run: the fields of the measure, its source, and the versions of the
software. `stamp` adds what differs between checkpoints: the fingerprint of the run, and the tables that the measure was given.

The source of a result is the import closure (`sources`) of the modules that compute it: those of the measure and its base classes, those
of `Run` and `Snapshot`, which the engine hands in, and those of the run's own task and model, which are found by discovery. A preset, an
optimiser or another kind of network is not among them. A measure that is defined in a notebook counts by its content (`contents`).
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd

from mechgrok.engine.contents import content, in_module
from mechgrok.engine.sources import UnknownContentError, defining, installed_digest
from mechgrok.measures.base.measure import Measure
from mechgrok.runs.run import Run
from mechgrok.runs.store import digest

SUBJECTS = ("mechgrok.runs.run", "mechgrok.runs.snapshot")
"""What every measure is computed from."""
LIBRARIES = ("mechgrok", "torch", "numpy", "pandas", "scipy", "scikit-learn")

MadeBy = Mapping[str, Any]


def made_by(measure: Measure, run: Run) -> MadeBy | None:
    """Fields, source and software of a measure's results on a run; None where not all that the measure reaches can be seen."""
    try:
        return {"measure": repr(measure), "source": source(type(measure), run), "software": software()}
    except UnknownContentError:
        return None


def stamp(made: MadeBy, run: str, given: Mapping[str, pd.DataFrame]) -> str:
    """The stamp of one table as JSON text: `made_by`, the run's fingerprint, and the digests of the tables that were given."""
    return json.dumps({**made, "run": run, "given": {name: _table_digest(table) for name, table in given.items()}}, sort_keys=True)


def source(measure: type[Measure], run: Run) -> str:
    """The digest of all code that computes a measure on a run. Raises UnknownContentError."""
    modules = roots(measure, run)
    return installed_digest(modules) if is_installed(measure) else f"{content(measure)} {installed_digest(modules)}"


def roots(measure: type[Measure], run: Run) -> list[str]:
    """The modules whose import closure computes a measure on a run."""
    bases = [base.__module__ for base in measure.__mro__ if issubclass(base, Measure)] if is_installed(measure) else []
    learnt = [defining(folder, run.kind(part)) for part, folder in (("task", "tasks"), ("model", "models"))]
    return sorted({*bases, *SUBJECTS, *(module for module in learnt if module)})


def is_installed(measure: type[Measure]) -> bool:
    """Whether a measure is defined at the top of a module, so that the module's source defines it."""
    return in_module(measure.__module__) and "." not in measure.__qualname__


@cache
def software() -> dict[str, str]:
    """The versions of mechgrok and of the libraries that compute."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def _table_digest(table: pd.DataFrame) -> str:
    return digest(table.to_csv(index=False).encode())
