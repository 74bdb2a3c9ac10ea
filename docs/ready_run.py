"""Makes the run that comes with the package: `python docs/ready_run.py [RUN]`.

It trains the preset `nanda2023` until step LAST, or takes RUN, which was trained so. Of its checkpoints four stay: when all train rows are
right for the first time, halfway from there to the next one, when all test rows are right, and the last. They come with
the results of the default analysis, and with its headline numbers at all checkpoints.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import pandas as pd

import mechgrok
from mechgrok.analysis import suited
from mechgrok.api.ready_run import NUMBERS, SHIPPED
from mechgrok.cli.analyze import main as analyse
from mechgrok.runs import store

LAST = 15_000
FILES = (store.CONFIG, store.EXECUTION, store.SPLIT, store.METRICS)


def kept(run: mechgrok.Run) -> list[int]:
    """The steps of the four checkpoints."""
    memorised, generalised = (_first(run, split) for split in ("train", "test"))
    return [_nearest(run, step) for step in (memorised, (memorised + generalised) // 2, generalised, run.steps[-1])]


def _first(run: mechgrok.Run, split: str) -> int:
    """The first reading of a split at which all rows are right."""
    table = pd.read_csv(run.path / store.METRICS)
    return int(table.query("split == @split and accuracy == 1")["step"].min())


def _nearest(run: mechgrok.Run, step: int) -> int:
    """The first checkpoint at or after a step."""
    return next(each for each in run.steps if each >= step)


def thin(run: mechgrok.Run, out: Path) -> None:
    """Copies the run's files and four of its checkpoints."""
    shutil.rmtree(out, ignore_errors=True)
    (out / store.WEIGHTS).mkdir(parents=True)
    for name in FILES:
        shutil.copy(run.path / name, out / name)
    for step in kept(run):
        shutil.copy(store.weights_path(run.path, step), store.weights_path(out, step))


def numbers(run: mechgrok.Run) -> pd.DataFrame:
    """Headline numbers by checkpoint, to four digits."""
    frame = mechgrok.analyze(run, suited(run.kind("task")).measures, nulls=0).frame()
    return frame.astype(float).map(lambda value: float(f"{value:.4g}"))


def main(path: Path) -> None:
    """Trains or opens the run and writes its shipped form."""
    run = mechgrok.open_run(path) if path.exists() else mechgrok.train("nanda2023", path, **{"training.steps": LAST})
    thin(run, SHIPPED)
    if analyse([str(SHIPPED)]):
        raise SystemExit("the analysis of the thinned run failed")
    shutil.rmtree(SHIPPED / "report")
    text = f"# mechgrok {mechgrok.__version__}, preset nanda2023, checkpoints {', '.join(map(str, kept(run)))} have weights\n"
    (SHIPPED / NUMBERS).write_text(text + numbers(run).to_csv())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(sys.argv[1]) if sys.argv[1:] else Path(folder) / "run")
