"""`python tests/torture`: disturbs every job that writes, and feeds hostile inputs to every parser.

Prints how often that was done and what went wrong; the exit status is 1 where anything did. It takes some hours of one core;
`--short` takes under two minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "support"), str(_HERE.parents[1])]
SHORT = {"faults": 1, "kills": 1, "inputs": 200, "whole": 5}


def main() -> int:
    """Everything, one part after the other."""
    asked = _arguments()
    warnings.simplefilter("ignore")
    wrong, done = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text, failures in (*_crashes(asked, Path(folder)), *_inputs(asked, Path(folder))):
            print(f"{name}: {text}", flush=True)
            wrong, done = wrong + failures, done + 1
    if not done:
        print(f"no job or parser is called {asked.only}")
        return 2
    print(f"{wrong} wrong")
    return 1 if wrong else 0


def _crashes(asked: argparse.Namespace, folder: Path) -> Iterator[tuple[str, object, int]]:
    from crashes import Harness, torture
    from jobs import JOBS

    for job in JOBS:
        if asked.only in (None, job.name):
            harness = Harness(job, folder / job.name)
            found = torture(harness, asked.faults, asked.kills, asked.seed)
            yield f"{job.name} ({harness.operations} operations)", found, len(found.wrong)


def _inputs(asked: argparse.Namespace, folder: Path) -> Iterator[tuple[str, object, int]]:
    from fuzz import feed
    from parsers import parsers

    for name, parser in parsers(folder / "parsers").items():
        if asked.only in (None, name):
            found = feed(parser.read, parser.hostile(asked.whole if parser.whole else asked.inputs, asked.seed))
            yield name, found, len(found.failures)


def _arguments() -> argparse.Namespace:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--faults", type=int, default=0, help="faults of each kind for each job, 0 for one at every operation")
    read.add_argument("--kills", type=int, default=46, help="kills of each job at random moments")
    read.add_argument("--inputs", type=int, default=100_000, help="hostile inputs of each parser")
    read.add_argument("--whole", type=int, default=1000, help="hostile inputs of a whole import and of a whole report")
    read.add_argument("--short", action="store_const", const=SHORT, help="little of everything")
    read.add_argument("--seed", type=int, default=0)
    read.add_argument("--only", help="one job or parser")
    asked = read.parse_args()
    return argparse.Namespace(**vars(asked) | (asked.short or {}))


if __name__ == "__main__":
    sys.exit(main())
