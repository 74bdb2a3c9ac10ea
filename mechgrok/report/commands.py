"""Commands that a message or a page names as a remedy."""

from __future__ import annotations

import shlex

from mechgrok.runs.run import Run


def analyzing(run: Run, *labels: str) -> str:
    """The command that computes measures of a run, and stores them where this run has its results."""
    return shlex.join(["mechgrok", "analyze", str(run.path), *labels, *_elsewhere(run)])


def analyzing_any(run: Run) -> str:
    """The same without the place of the run, for reports, which do not name it; with that of results elsewhere."""
    return shlex.join(["mechgrok", "analyze", *_elsewhere(run)])


def _elsewhere(run: Run) -> list[str]:
    return [] if run.beside == run.path else ["--results", str(run.beside.parent)]
