"""Runs of one config with several seeds: their configs, their training and its progress."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mechgrok.api.settings import SEEDED, seeded
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.api.progress import Log
    from mechgrok.config import Config
    from mechgrok.runs.run import Run
    from mechgrok.training.execution import Execution
    from mechgrok.training.loop import Ending

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def seeds_in(text: str) -> list[int]:
    """The seeds of `0-31` or `0,3,5-7`. Raises UserError for another text, and for seeds that are named twice."""
    found: list[int] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if not match or int(match[2] or match[1]) < int(match[1]):
            raise UserError(f"--seeds {text}: give whole numbers and ranges, such as 0-31 or 0,3,5-7")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return checked(found)


def as_text(seeds: Sequence[int]) -> str:
    """The seeds as they are named in a folder: 0-31 for a range, else 0,3,5."""
    whole = len(seeds) > 1 and list(seeds) == list(range(seeds[0], seeds[-1] + 1))
    return f"{seeds[0]}-{seeds[-1]}" if whole else ",".join(map(str, seeds))


def checked(seeds: Iterable[int]) -> list[int]:
    """The seeds as a list. Raises UserError where there is none, one is negative, or one is named twice."""
    found = list(seeds)
    if not found or any(isinstance(seed, bool) or not isinstance(seed, int) or seed < 0 for seed in found):
        raise UserError(f"seeds {found}: give whole numbers, 0 or more")
    if len(set(found)) < len(found):
        raise UserError(f"seeds {', '.join(map(str, found))}: name each seed once")
    return found


def configs(config: Config, seeds: Sequence[int], kept: Collection[str] = ()) -> dict[int, Config]:
    """The config with each seed; the seeds of the parts that are `kept` ("split") stay as they are."""
    if set(SEEDED) <= set(kept):
        raise UserError("with --model.seed, --split.seed and --training.seed all runs of --seeds are the same; leave one of them away")
    return {seed: seeded(config, seed, kept) for seed in seeds}


def begin(chosen: Mapping[int, Config], out: Path, execution: Execution) -> list[Run]:
    """Create a folder with a run for each seed, to be stacked where this is covered and faster, else one process a core trains them."""
    from mechgrok.training.stack import launch

    return launch.begin(chosen, out, execution)


def runs_in(folder: Path) -> list[Run]:
    """The runs of a folder that `begin` made, by seed; empty for another folder."""
    from mechgrok.training.stack import launch

    return launch.runs_in(folder)


def to_the_end(runs: Sequence[Run], log: Log) -> dict[Path, Ending]:
    """Trains the runs of one folder until each has ended. Ctrl-C ends all after a step, with their states saved."""
    from mechgrok.api.progress import watching, watching_several
    from mechgrok.training.stack import launch, pool

    steps, groups = runs[0].config.training.steps, launch.together(runs)
    if len(groups) == 1 and runs[0].execution.get("device") != "cpu":
        with watching(steps, log) as progress:
            return launch.resume(runs, progress)
    with watching_several(steps, log) as watch:
        return pool.resume([[run.path for run in group] for group in groups], watch)
