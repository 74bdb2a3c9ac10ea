"""Writes docs/atlas.md below its mark, its figure and docs/tables/atlas.parquet: `python docs/atlas.py [FOLDER]`.

FOLDER holds the runs of the study atlas, whose results are stored in them. Without FOLDER page and figure are made again from the data set.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from faster_groks import steps
from scipy.stats import bootstrap, mannwhitneyu  # type: ignore[import-untyped]

from mechgrok.analysis import analysis
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.errors import UserError
from mechgrok.extraction.extraction import extract
from mechgrok.plots.files.export import write
from mechgrok.plots.primitives import bars, panels
from mechgrok.report.markdown import grid
from mechgrok.report.numbers import show
from mechgrok.runs import store
from mechgrok.runs.run import Run
from mechgrok.studies.trained import Trained

NAME = "atlas"
FOLDER = Path(__file__).parent
DATA, FIGURE, PAGE = FOLDER / "tables" / f"{NAME}.parquet", FOLDER / "figures" / f"{NAME}.svg", FOLDER / f"{NAME}.md"
MARK = "<!-- What follows is made by docs/atlas.py -->"
MEASURES = ("key-frequencies", "logit-fve", "clock-pizza", "certificate", "split-compatibility")
RUN = ["setting", "seed"]


def main(folder: Path | None) -> None:
    """Reads the runs of a folder, where one is given; then writes page and figure."""
    if folder is not None:
        store.write(DATA, parquet(collected(trained(folder))))
    table = pd.read_parquet(DATA)
    text, _, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text("\n\n".join([text.strip(), MARK, *sections(table)]) + "\n")
    write(figure(table), FIGURE)


def trained(folder: Path) -> Trained:
    """The runs of the study in a folder."""
    study = analysis(NAME).study
    assert study is not None
    return Trained(study, folder)


def collected(runs: Trained) -> pd.DataFrame:
    """A row for each frequency of each finished run."""
    found = [of_run(runs, trial.name, seed) for trial, seed in runs.planned() if (trial.name, seed) in runs.runs]
    return pd.concat(found, ignore_index=True).astype({"grokked": "Int64", "proof": "Int64"})


def of_run(runs: Trained, setting: str, seed: int) -> pd.DataFrame:
    """A row for each frequency of a run."""
    print(setting, seed, flush=True)
    run, time = runs.runs[setting, seed], runs.times[setting, seed]
    facts = {"setting": setting, "seed": seed, "grokked": time.step, "last_step": time.until, "best_test_accuracy": time.best}
    return frequencies(run).assign(**facts, **facts_of(run))  # type: ignore[arg-type]


def frequencies(run: Run) -> pd.DataFrame:
    """Every frequency of a run: whether it is a key frequency, and what its split says of it."""
    found = analyze(run, MEASURES, nulls=0)
    keys, split = found["key-frequencies"], found["split-compatibility"]
    assert isinstance(keys, Result)
    assert isinstance(split, Result)
    return split.table.assign(key=split.table["frequency"].isin(keys.headline["frequencies"]))


def facts_of(run: Run) -> dict[str, Any]:
    """Algorithm, explained variance, certificate and extracted program of the last checkpoint."""
    found = analyze(run, MEASURES, nulls=0)
    head = {name: outcome.headline if isinstance(outcome, Result) else {} for name, outcome in found.items()}
    proof = head["certificate"]
    return {
        "algorithm": head["clock-pizza"].get("label", "no key frequencies"),
        "certified": proof.get("certified"),
        "proof": proof.get("frequencies"),
        "cost": proof.get("cost"),
        **program(run),
    }


def program(run: Run) -> dict[str, float]:
    """How well the extracted program agrees with the network; nothing where there is none."""
    try:
        found = extract(run).fidelity
    except UserError:
        return {"agreement": float("nan"), "explained": float("nan")}
    return {"agreement": found["agreement"], "explained": found["explained"]}


def parquet(table: pd.DataFrame) -> bytes:
    """The data set as bytes, the same for the same table."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def of_runs(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each run, with its number of key frequencies."""
    counts = table.groupby(RUN)["key"].sum().rename("keys")
    return table.drop_duplicates(RUN).drop(columns=["key", "frequency", "condition", "excess"]).merge(counts.reset_index(), on=RUN)


def sections(table: pd.DataFrame) -> Iterator[str]:
    """The parts of the page below the mark."""
    runs = of_runs(table)
    settings = {str(name): (rows, table[table["setting"] == name]) for name, rows in runs.groupby("setting", sort=False)}
    facts = {name: dict(summary(rows)) for name, (rows, _) in settings.items()}
    lines = [[row, *(found[row] for found in facts.values())] for row in next(iter(facts.values()))]
    yield "## The runs\n\n" + grid(["", *facts], lines)
    yield "## Does the split decide which frequencies win?\n\n" + grid(
        ["setting", "own split", "split of the next seed"],
        [[name, *(interval(shares(each, shift)) for shift in (0, 1))] for name, (_, each) in settings.items()],
    )


def summary(runs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """What is known of the runs of a setting, line by line."""
    grokked = runs[runs["grokked"].notna()]
    yield "runs", str(len(runs))
    yield "grokked", str(len(grokked))
    yield "steps to grok, median", steps(runs)
    yield "key frequencies of those that grokked, number of runs", counted(grokked["keys"])
    yield "algorithm of those that grokked, number of runs", counted(grokked["algorithm"])
    yield "the extracted program gives all answers of the network", f"{int((grokked['agreement'] == 1).sum())} of {len(grokked)}"
    yield "variance of the logits that it explains, median", show(float(grokked["explained"].median()), 3)
    yield "certified share of the rows, median", show(float(grokked["certified"].median()), 5)
    yield "all rows certified", f"{int((grokked['certified'] == 1).sum())} of {len(grokked)}"
    yield "length of that proof / computing all logits, median", show(float(grokked["cost"].median()), 3)


def counted(values: pd.Series) -> str:
    """How often each value occurs."""
    return ", ".join(f"{value}: {count}" for value, count in values.value_counts().sort_index().items())


def shares(table: pd.DataFrame, shift: int) -> np.ndarray:
    """For each run the share of pairs of a key frequency and another one in which the split determines the key frequency better.

    The split is that of the run, or of the run `shift` seeds on. Runs that have not grokked, or have no key frequencies, are left out.
    """
    grokked = table.drop_duplicates("seed").set_index("seed")["grokked"].notna().sort_index()
    excess = table.pivot(index="seed", columns="frequency", values="excess").to_numpy()
    keys = table.pivot(index="seed", columns="frequency", values="key").to_numpy(dtype=bool)
    runs = zip(np.roll(excess, -shift, axis=0)[grokked], keys[grokked], strict=True)
    return np.array([mannwhitneyu(-split[key], -split[~key]).statistic / (key.sum() * (~key).sum()) for split, key in runs if key.any()])


def interval(found: np.ndarray) -> str:
    """Mean over runs and its bootstrap interval."""
    ends = bootstrap((found,), np.mean, rng=np.random.default_rng(0)).confidence_interval
    return f"{show(float(found.mean()), 2)} ({show(float(ends.low), 2)} to {show(float(ends.high), 2)})"


def figure(table: pd.DataFrame) -> go.Figure:
    """How many key frequencies networks that grokked have, and how often each frequency is one, for each setting."""
    drawn = {f"{name}: {title}": each for name, rows in table.groupby("setting", sort=False) for title, each in _of(rows).items()}
    return panels(list(drawn.values()), titles=list(drawn), columns=2)


def _of(rows: pd.DataFrame) -> dict[str, go.Figure]:
    rows = rows[rows["grokked"].notna()]
    keys = rows.groupby("seed")["key"].sum().value_counts().sort_index().rename_axis("keys").reset_index(name="runs")
    often = rows.groupby("frequency")["key"].sum().reset_index()
    return {
        "number of key frequencies": bars(keys, x="keys", y="runs", x_title="key frequencies", y_title="networks"),
        "which frequencies": bars(often, x="frequency", y="key", x_title="frequency k", y_title="networks with key frequency k"),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
