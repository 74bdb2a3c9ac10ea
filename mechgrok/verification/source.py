"""A published file and the numbers that belong to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mechgrok import discovery
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import Run, open_run
from mechgrok.verification.check import Check, Tolerance, check_values

Known = Mapping[str, tuple[Any, Tolerance]]
"""Headline key -> the known value, and how far off it may be."""


@dataclass(frozen=True)
class Source:
    """One published file. Its module in `published` calls it SOURCE."""

    name: str
    file: str
    """Below the folder of published files."""
    citation: str
    checks: Callable[[Path], Iterable[Check]]
    """From the file's path."""


def sources() -> list[Source]:
    """Every published file that there are numbers of."""
    return [module.SOURCE for module in discovery.modules("verification.published")]


@contextmanager
def imported_run(path: Path, options: ImportOptions) -> Iterator[Run]:
    """The file as a run, in a folder that is removed again."""
    with tempfile.TemporaryDirectory() as folder:
        import_file(path, Path(folder) / "run", options)
        yield open_run(Path(folder) / "run")


def headline_checks(run: Run, known: Mapping[str, Known]) -> Iterator[Check]:
    """What the headlines of measures, by label, must say."""
    outcomes = analyze(run, known, nulls=0)
    for label, numbers in known.items():
        outcome = outcomes[label]
        found = outcome.headline if isinstance(outcome, Result) else {}
        for key, (expected, tolerance) in numbers.items():
            yield from check_values(f"{label}: {key}", expected, found.get(key), tolerance)


def within(tolerance: Tolerance, numbers: Mapping[str, Any]) -> dict[str, tuple[Any, Tolerance]]:
    """The same tolerance for several numbers."""
    return {key: (value, tolerance) for key, value in numbers.items()}
