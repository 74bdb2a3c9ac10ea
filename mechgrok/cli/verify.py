"""mechgrok verify."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from mechgrok.cli import flags
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.verification.check import Check

ORACLES = "MECHGROK_ORACLES"


def main(arguments: list[str]) -> int:
    """Checks the measures against what is known."""
    return flags.call(_verify, arguments, "verify")


def _verify(
    folder: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[FOLDER]")] = None, oracles: Path | None = None
) -> int:
    """Checks the measures: against published numbers, recomputed from the files of their authors, and against what needs no file.

    A line for every number: what it must be, what it is, and the difference. Without a folder of files only laws, planted logits and the
    networks built by hand are checked. The exit status is 1 if a number is missed.

    Args:
        folder: The folder of published files; by default the one that the environment variable MECHGROK_ORACLES names.
        oracles: The same folder, as a flag.
    """
    folder = folder or oracles or (Path(os.environ[ORACLES]) if ORACLES in os.environ else None)
    if folder is not None and not folder.is_dir():
        raise UserError(f"there is no folder {folder}; give --oracles, or set {ORACLES}, to the folder of published files")
    held = list(_shown(folder))
    print(f"{sum(held)} of {len(held)} hold" + ("" if folder else f"; no published files (--oracles or {ORACLES})"))
    return 0 if all(held) else 1


def _shown(folder: Path | None) -> Iterator[bool]:
    """Whether each check holds; prints a line for each, below the title of its source."""
    from mechgrok.api.reading import checks

    title = ""
    for source, check in checks(folder):
        if check is None:
            print(f"\n{source}")
            continue
        if source != title:
            print(f"\n{source}\n  {'quantity':<68}{'expected':>24}{'got':>24}{'difference':>12}  tolerance")
        title = source
        yield _say(check)


def _say(check: Check) -> bool:
    difference = "" if check.difference is None else f"{check.difference:.2g}"
    mark = "" if check.holds else "  MISSED"
    print(f"  {check.quantity:<68}{_show(check.expected):>24}{_show(check.got):>24}{difference:>12}  {check.tolerance}{mark}", flush=True)
    return check.holds


def _show(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.8g}"
    return " ".join(map(str, sorted(value))) or "none" if isinstance(value, set | list) else str(value)
