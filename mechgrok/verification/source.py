"""Published files, and the known values of the measures on them."""

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
"""Headline key -> the known value and its tolerance."""


@dataclass(frozen=True)
class Source:
    """One published file. Its module in `published` names it SOURCE.

    Attributes
    ----------
    name : str
    file : str
        The path below the folder of published files.
    citation : str
    checks : callable
        From the path of the file to its checks.

    Examples
    --------
    >>> source = Source("example", "a.pt", "nobody", lambda path: [Check("letters", 4, len(path.name))])
    >>> [check.holds for check in source.checks(Path("a.pt"))]
    [True]
    """

    name: str
    file: str
    citation: str
    checks: Callable[[Path], Iterable[Check]]


def sources() -> list[Source]:
    """All published files with known values."""
    return [module.SOURCE for module in discovery.modules("verification.published")]


@contextmanager
def imported_run(path: Path, options: ImportOptions) -> Iterator[Run]:
    """The file as a run, in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        import_file(path, Path(folder) / "run", options)
        yield open_run(Path(folder) / "run")


def headline_checks(run: Run, known: Mapping[str, Known]) -> Iterator[Check]:
    """Checks of the headlines of measures, by label."""
    outcomes = analyze(run, known, nulls=0)
    for label, numbers in known.items():
        outcome = outcomes[label]
        found = outcome.headline if isinstance(outcome, Result) else {}
        for key, (expected, tolerance) in numbers.items():
            yield from check_values(f"{label}: {key}", expected, found.get(key), tolerance)


def within(tolerance: Tolerance, numbers: Mapping[str, Any]) -> dict[str, tuple[Any, Tolerance]]:
    """The same tolerance for several numbers."""
    return {key: (value, tolerance) for key, value in numbers.items()}
