"""The readings of many runs as one table, a part a run, so that an interrupted collection goes on."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict

import pandas as pd

from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs import store
from mechgrok.runs.run import Run
from mechgrok.studies.early_warning.outcome import Outcome
from mechgrok.studies.early_warning.readings import RENAMED, readings
from mechgrok.studies.trained import Trained

PARTS = "early-warning"
"""How the folders of the parts begin, beside the runs."""
FACTS = ("run", "setting", "task", "network", "p", "seed", "moved", "grokked", "last", "best")
"""The columns of a row that are no readings."""
EVERY, LATEST = 40, 600
"""The steps that are read: multiples of EVERY, so that all networks are read at the same steps, and none from which a run, which ends at
step 1000, does not show what comes within the horizon."""


def collect(trained: Trained, measures: Sequence[BaseMeasure], say: Callable[[str], None], *, renamed: bool = False) -> pd.DataFrame:
    """A row for each checkpoint before the test accuracy of its run moves. Parts that are there are read, the others computed."""
    parts, folder = [], trained.out / f"{PARTS}-{_key(measures, renamed)}"
    for done, ((trial, seed), run) in enumerate(sorted(trained.runs.items(), key=lambda item: item[0][::-1]), 1):
        path = folder / f"{trial}-s{seed}.parquet"
        if not path.is_file():
            found = part(run, measures, renamed).assign(run=f"{trial}-s{seed}", setting=trial, p=run.task.numbers, seed=seed)
            store.write(path, parquet(found.assign(**_facts(trained, trial))))
            say(f"{done} of {len(trained.runs)} runs: {trial}-s{seed}")
        parts.append(pd.read_parquet(path))
    return in_order(pd.concat(parts, ignore_index=True))


def with_renamed(table: pd.DataFrame, renamed: pd.DataFrame) -> pd.DataFrame:
    """A collected table with the numbers of renamed networks at the same checkpoints."""
    columns = ["run", "step", *(name for name in renamed if str(name).endswith(RENAMED))]
    return in_order(table.merge(renamed[columns], on=["run", "step"], validate="1:1"))


def _key(measures: Sequence[BaseMeasure], renamed: bool) -> str:
    """Names the parts of some measures, so that other ones are computed anew."""
    return store.digest(" ".join([*(each.label for each in measures), str(renamed)]).encode())[:8]


def _facts(trained: Trained, name: str) -> dict[str, str]:
    """Task and network of a trial, the first two parts of its column."""
    trial = trained.study.trial(name)
    return {"task": trial.row, "network": trial.column.partition(", ")[0]}


def part(run: Run, measures: Sequence[BaseMeasure], renamed: bool) -> pd.DataFrame:
    """The readings of a run, with its outcome in each row."""
    found = Outcome.of(run)
    steps = before(run.steps, found.moved)
    return readings(run, measures, steps, renamed=renamed).reset_index().assign(**asdict(found))


def before(steps: Sequence[int], moved: int | None) -> list[int]:
    """The checkpoints that are read before the test accuracy moves, at least the first."""
    read = [step for step in steps if step % EVERY == 0 and step <= LATEST]
    return [step for step in read if moved is None or step < moved] or list(steps[:1])


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Facts first, then readings by name."""
    first = ["step", *FACTS]
    return table[[*first, *sorted(table.columns.difference(first))]]


def parquet(table: pd.DataFrame) -> bytes:
    """A parquet file; readings have single precision, which no ranking needs more than."""
    content = io.BytesIO()
    kept = [name for name in table.columns if name not in (*FACTS, "step")]
    whole = dict.fromkeys(("moved", "grokked"), "Int64")
    table.astype({**dict.fromkeys(kept, "float32"), **whole}).to_parquet(content, index=False, compression="zstd")
    return content.getvalue()
