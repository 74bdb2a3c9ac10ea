"""What a stored result was made from: it is used again only while all of that still holds."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import re
import sys
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from mechgrok import maths
from mechgrok.measures.base.measure import Measure
from mechgrok.runs.store import digest

_SESSION = uuid.uuid4().hex
_SHARED = ("maths", "models", "tasks", "runs/grid.py", "runs/snapshot.py")
"""What every measure rests on, below the package."""
_FRAME = ("measure", "registry", "engine", "outcomes", "results", "stamps")
"""What runs measures, and does not change what they compute."""


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
    texts = [_text(base) for base in measure.__mro__ if issubclass(base, Measure)]
    beside = sorted({place for text in texts for place in _imported(text)})
    return digest("".join([*texts, *(place.read_text() for place in beside), _shared_source()]).encode())


def _text(measure: type[Measure]) -> str:
    """The source of the module that defines a measure; of the measure alone where that is a notebook."""
    module = sys.modules.get(measure.__module__)
    try:
        return inspect.getsource(module if module and hasattr(module, "__file__") else measure)
    except (OSError, TypeError):
        # Nobody can say later whether this class is still the same, so nothing of it is found again.
        return f"{id(measure)} {_SESSION}"


@cache
def _imported(text: str) -> frozenset[Path]:
    """The modules of mechgrok.measures that a source imports, and those that they import in turn."""
    lists = re.findall(r"^\s*from mechgrok\.measures import (.+)", text, re.MULTILINE)
    names = {name.strip() for line in lists for name in line.split(",")}
    names.update(re.findall(r"^\s*from mechgrok\.measures\.(\w+) import", text, re.MULTILINE))
    places = [Path(__file__).with_name(f"{name}.py") for name in names.difference(_FRAME)]
    direct = frozenset(place for place in places if place.is_file())
    return direct.union(*(_imported(place.read_text()) for place in direct))


@cache
def _shared_source() -> str:
    package = Path(maths.__file__).parents[1]
    folders = [path for name in _SHARED for path in sorted((package / name).rglob("*.py"))]
    files = [*folders, *(package / name for name in _SHARED if name.endswith(".py"))]
    return "".join(path.read_text() for path in files)
