"""What a stored result was made from: it is used again only while all of that still holds."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from mechgrok import maths
from mechgrok.measures.measure import Measure
from mechgrok.runs.store import digest

_SHARED = ("maths", "models", "tasks", "runs/snapshot.py", "measures/key_frequencies.py", "measures/subsets.py", "measures/spectra.py")


def stamp(measure: Measure, run: str, given: Mapping[str, pd.DataFrame]) -> str:
    """The run's fingerprint at a step, fields, what was given, the sources of the measure and its maths, the software; as JSON text."""
    parts = {
        "run": run,
        "measure": repr(measure),
        "given": {name: _table_digest(table) for name, table in given.items()},
        "source": _source(type(measure)),
        "software": software(),
    }
    return json.dumps(parts, sort_keys=True)


@cache
def software() -> dict[str, str]:
    """Versions of what computes."""
    return {name: importlib.metadata.version(name) for name in ("mechgrok", "torch", "numpy", "pandas")}


def _table_digest(table: pd.DataFrame) -> str:
    return digest(table.to_csv(index=False).encode())


@cache
def _source(measure: type[Measure]) -> str:
    lines = [inspect.getsource(sys.modules[base.__module__]) for base in measure.__mro__ if issubclass(base, Measure) and _is_ours(base)]
    return digest("".join([*lines, _shared_source()]).encode())


def _is_ours(base: type) -> bool:
    return hasattr(sys.modules.get(base.__module__), "__file__")


@cache
def _shared_source() -> str:
    package = Path(maths.__file__).parents[1]
    files = [path for name in _SHARED for path in sorted((package / name).rglob("*.py") or [package / name])]
    files += [package / name for name in _SHARED if (package / name).is_file()]
    return "".join(path.read_text() for path in files)
