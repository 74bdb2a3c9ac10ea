"""Commands that a message or a page names as a remedy."""

from __future__ import annotations

import shlex

from mechgrok.runs.run import Run


def analyzing(run: Run, *labels: str) -> str:
    """The command that computes measures of a run, and stores them where this run has its results."""
    elsewhere = [] if run.beside == run.path else ["--results", str(run.beside.parent)]
    return shlex.join(["mechgrok", "analyze", str(run.path), *labels, *elsewhere])
