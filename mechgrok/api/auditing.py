"""`mechgrok.audit`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mechgrok.engine.progress import shown
from mechgrok.runs.run import Run


def audit(run: str | Path | Run, *, every: bool = False) -> pd.DataFrame:
    """Check that the files of a run belong together, and compute recorded losses again from its checkpoints. Nothing is written.

    Parameters
    ----------
    run : str, Path or Run
        The run.
    every : bool
        Whether the losses of all checkpoints are computed again; by default those of up to 20, with the first and the last.

    Returns
    -------
    DataFrame
        A row a finding: place (the file, relative to the run) and finding (a line); empty where nothing was found.

    Examples
    --------
    >>> mechgrok.audit(run).empty
    True
    """
    from mechgrok.auditing import audit as auditing

    with shown(None) as tick:
        found = auditing.audit(run.path if isinstance(run, Run) else Path(run), every=every, tick=tick)
    return pd.DataFrame([(each.place, each.text) for each in found.findings], columns=["place", "finding"])
