"""mechgrok extract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mechgrok.cli import flags


@dataclass(frozen=True)
class Extract:
    """Writes what a network computes as a short Python program: a wave for each key frequency, and no table.

    The program needs nothing but Python. Beside it lies its report as JSON. The exit status is 1 where the program does not give
    the network's answers.
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    step: int | None = None
    """A checkpoint; by default the last."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FILE.py")] = None
    """Where to; by default RUN/extraction/STEP.py."""
    keys: tuple[int, ...] = ()
    """Frequencies to use; by default those whose wave has similarity above .05 with the logits."""


def main(arguments: list[str]) -> int:
    """Extracts a program."""
    asked: Extract = flags.parse(Extract, arguments, "extract")

    from mechgrok.api.reading import extract
    from mechgrok.extraction.extraction import FOLDER
    from mechgrok.extraction.report_lines import agrees

    found = extract(asked.run, asked.step, asked.keys)
    out = asked.out or asked.run / FOLDER / f"{found.step:08d}.py"
    summary = found.write(out)
    print("\n".join([*found.lines(), f"program: {out}", f"report: {summary}"]))
    return 0 if agrees(found.fidelity) else 1
