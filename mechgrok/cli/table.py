"""mechgrok table."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from mechgrok.cli import flags
from mechgrok.errors import UserError

Format = Literal["csv", "parquet", "latex", "markdown"]


@dataclass(frozen=True)
class Table:
    """One row a run, from stored results: values of the config that vary, times, final losses, key frequencies, chosen measures."""

    words: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN|FOLDER|MEASURE...")]
    """Runs, folders of runs such as that of a sweep, and measures whose numbers become columns."""
    format: Format | None = None
    """By default what the ending of --out says (.csv, .parquet, .tex, .md), else markdown."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """The file, with its provenance in it; that of FILE.csv is in FILE.csv-metadata.json. By default the table is printed."""


def main(arguments: list[str]) -> int:
    """Prints or writes the table."""
    asked: Table = flags.parse(Table, arguments, "table")

    from mechgrok.cli.compare import comparison
    from mechgrok.studies.comparing.formats import ENDINGS, content
    from mechgrok.studies.comparing.noted_tables import write

    kind = asked.format or (ENDINGS.get(asked.out.suffix) if asked.out else "markdown")
    if kind is None:
        raise UserError(f"--out {asked.out}: the name must end in one of {', '.join(ENDINGS)}, or --format names the format")
    compared = comparison(asked.words, "")
    found = content(compared.frame(), kind)
    if asked.out:
        write(asked.out, found, kind, compared.provenance())
        print(asked.out)
    elif kind == "parquet":
        raise UserError("a parquet table is no text; name a file, such as --out runs.parquet")
    else:
        sys.stdout.write(found.decode())
    return 0
