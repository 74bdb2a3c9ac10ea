"""The lines of shell and Python that make the figures of a comparison."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mechgrok.report.numbers import SHOWN
from mechgrok.studies.comparing.groups import default_by
from mechgrok.studies.comparing.stored_runs import StoredRuns

LABELS = {"curves": "loss", "times": "grok-times", "key frequencies": "key-frequencies"}
"""The measure by which `mechgrok figure` calls a figure that all comparisons have."""


def lines_of(comparison: StoredRuns, name: str) -> list[str]:
    """For the shell where one folder holds all runs and the figure is one of `mechgrok figure`; for Python always."""
    return [*_shell(comparison, name), _python(comparison, name)]


def _shell(comparison: StoredRuns, name: str) -> Iterator[str]:
    folders = {run.path.parent for run in comparison.runs}
    if len(folders) == 1 and (name in LABELS or name in [each.label for each in comparison.measures]):
        label, folder = LABELS.get(name, name), folders.pop().as_posix()
        by = ["--by", ",".join(comparison.by)] if _chosen(comparison) else []
        yield shlex.join(["mechgrok", "figure", folder, label, *by, "--out", f"{label}.pdf"])


def _python(comparison: StoredRuns, name: str) -> str:
    folders = list(dict.fromkeys(run.path.parent.as_posix() for run in comparison.runs))
    runs = [run.path.as_posix() for run in comparison.runs]
    given = [repr(runs if len(runs) <= SHOWN else folders)]
    given += [f"by={list(comparison.by)!r}"] if _chosen(comparison) else []
    given += [f"measures={[each.label for each in comparison.measures]!r}"] if comparison.measures else []
    return f"mechgrok.compare({', '.join(given)}).figures()[{name!r}]"


def _chosen(comparison: StoredRuns) -> bool:
    """Whether the groups are others than without --by."""
    return comparison.by != default_by([*comparison.varying])
