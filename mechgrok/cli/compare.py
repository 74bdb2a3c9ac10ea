"""mechgrok compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from mechgrok.cli import flags
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.studies.comparing.comparison import Comparison


@dataclass(frozen=True)
class Compare:
    """Writes one page over several runs, and the table runs.csv, from stored results; computes nothing and reads no weights."""

    words: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN|FOLDER|MEASURE...")]
    """Runs, folders of runs such as that of a sweep, and measures that are shown over the checkpoints."""
    by: Annotated[str, tyro.conf.arg(metavar="PATH,...")] = ""
    """Values of the config that make the groups, such as optimizer.weight_decay; by default all that vary but seeds."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """The folder of the page; by default FOLDER/comparison, or mechgrok-comparison."""


def main(arguments: list[str]) -> int:
    """Writes the page, and prints how many runs of each group generalised, and which runs lack results."""
    asked: Compare = flags.parse(Compare, arguments, "compare")
    found = comparison(asked.words, asked.by)
    page = found.write(asked.out or _usual(asked.words))
    print(*found.lines(), sep="\n")
    print(f"page: {page}")
    return 0


def comparison(words: tuple[str, ...], by: str) -> Comparison:
    """The comparison of the runs that the words name, with the measures among them. Raises UserError."""
    from mechgrok.cli.arguments.words import sort_words
    from mechgrok.engine.registry import parse
    from mechgrok.studies.comparing.comparison import comparison_of

    sorted_words = sort_words(words)
    for path in sorted_words.runs:
        if not (path / "config.json").is_file():
            raise UserError(f"{path} is no run and holds none; give runs, or a folder of runs")
    paths = tuple(filter(None, by.split(","))) or None
    return comparison_of(sorted_words.runs, paths, [parse(label) for label in sorted_words.measures])


def _usual(words: tuple[str, ...]) -> Path:
    """Beside the runs of a folder, where that is the only one."""
    folders = [Path(word) for word in words if Path(word).is_dir()]
    alone = len(folders) == 1 and not (folders[0] / "config.json").is_file()
    return folders[0] / "comparison" if alone else Path("mechgrok-comparison")
