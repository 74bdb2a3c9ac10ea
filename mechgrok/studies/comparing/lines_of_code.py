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
    """For the shell where the runs are all those of one folder and the figure is one of `mechgrok figure`; for Python always."""
    return [*_shell(comparison, name), _python(comparison, name)]


def _shell(comparison: StoredRuns, name: str) -> Iterator[str]:
    folders = _whole(comparison)
    if len(folders) == 1 and (name in LABELS or name in [each.label for each in comparison.measures]):
        label = LABELS.get(name, name)
        by = ["--by", ",".join(comparison.by)] if _chosen(comparison) else []
        yield shlex.join(["mechgrok", "figure", folders[0], label, *by, "--out", f"{label}.pdf"])


def _python(comparison: StoredRuns, name: str) -> str:
    runs = [run.path.as_posix() for run in comparison.runs]
    given = [repr(runs if len(runs) <= SHOWN else _whole(comparison) or runs)]
    given += [f"by={list(comparison.by)!r}"] if _chosen(comparison) else []
    given += [f"measures={[each.label for each in comparison.measures]!r}"] if comparison.measures else []
    return f"mechgrok.compare({', '.join(given)}).figures()[{name!r}]"


def _whole(comparison: StoredRuns) -> list[str]:
    """The folders that hold the runs; none where they hold others, too."""
    paths = {run.path for run in comparison.runs}
    folders = list(dict.fromkeys(run.path.parent for run in comparison.runs))
    others = {config.parent for folder in folders for config in folder.glob("*/config.json")} - paths
    return [] if others else [folder.as_posix() for folder in folders]


def _chosen(comparison: StoredRuns) -> bool:
    """Whether the groups are others than without --by."""
    return comparison.by != default_by([*comparison.varying])
