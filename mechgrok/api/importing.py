"""`mechgrok.import_run`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError, nearest
from mechgrok.runs.importing.logs.columns import parse_columns
from mechgrok.runs.run import Run, open_run

_WORDS: dict[str, Callable[[str], Any]] = {"columns": parse_columns, "reading": lambda word: (word,), "split_file": Path}
"""Options that may be one word."""


def import_run(file: str | Path, out: str | Path, **options: Any) -> Run:
    """Make a run of a weights file, a folder of checkpoints, or a log of curves that somebody published. No code of the file is run.

    Parameters
    ----------
    file : str or Path
        The file or folder.
    out : str or Path
        The folder of the new run.
    options : Any
        What the file does not record, as the flags of `mechgrok import`: p, operation, split, fraction, split_seed, train_rows,
        split_file, step, record_every, columns (a mapping, or as the flag), reading (such as ["heads=4"]).

    Returns
    -------
    Run
        What was assumed is in its `execution["imported"]["notes"]`.

    Raises
    ------
    UserError
        For a file that is in no known format, and an unknown option; nothing is written then.

    Examples
    --------
    >>> torch.save(dict(run.snapshot().weights), "theirs.pth")
    >>> mechgrok.import_run("theirs.pth", "imported", operation="add").task.p
    11
    """
    from mechgrok.runs.importing.import_run import import_file
    from mechgrok.runs.importing.options import ImportOptions

    known = [field.name for field in fields(ImportOptions) if field.name != "dry"]
    unknown = next((name for name in options if name not in known), None)
    if unknown:
        raise UserError(f"import_run has no option {unknown}{nearest(unknown, known)}")
    given = {name: convert(options[name]) for name, convert in _WORDS.items() if isinstance(options.get(name), str)}
    import_file(Path(file), Path(out), ImportOptions(**options | given))
    return open_run(out)
