"""A trained run that comes with the package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mechgrok.runs.creation import create
from mechgrok.runs.run import Run, open_run

SHIPPED = Path(__file__).parent / "ready"
"""Checkpoints of the preset nanda2023 when it has memorised, while circuits form, when it has just generalised, and at the end."""
READY = Path("checkpoints") / "nanda2023-ready"
NUMBERS = "headlines.csv"
"""Headline numbers at all checkpoints of the run before it was thinned, with the version of mechgrok that computed them."""


def ready_run(out: str | Path = READY) -> Run:
    """A run of Nanda et al. 2023 (arXiv 2301.05217) that has grokked: addition modulo 113, seed 0, thinned to four checkpoints.

    `docs/ready_run.py` trained it, with the preset `nanda2023`. Its results are stored with it; those whose code has changed since are
    computed again.

    Parameters
    ----------
    out : str or Path
        A folder. The run is copied into it where it is empty or absent; else the run in it is opened.

    Returns
    -------
    Run

    Raises
    ------
    UserError
        Where the folder holds something else, or cannot be written.

    Examples
    --------
    >>> run = mechgrok.ready_run("ready")
    >>> run.task.p, len(run.steps)
    (113, 4)
    """
    folder = Path(out)
    if not (folder / "config.json").is_file():
        create(folder, _files())
    return open_run(folder)


def _files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in SHIPPED.rglob("*") if path.is_file()):
        yield str(path.relative_to(SHIPPED)), path.read_bytes()
