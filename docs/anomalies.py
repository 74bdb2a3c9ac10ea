"""Writes the tables of docs/anomalies.md from runs: `python docs/anomalies.py FOLDER`, where FOLDER holds the runs that the page names.

What is stored with the runs is used again. `python docs/anomalies.py FOLDER train` trains those that are missing first, one after another.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mechgrok.cli import main as mechgrok
from mechgrok.engine.analyze import analyze
from mechgrok.measures.anomalies.anomaly_detectors import DETECTORS
from mechgrok.runs.run import Run, open_run

PAGE = Path(__file__).with_name("anomalies.md")
MARK = "<!-- What follows is made by docs/anomalies.py -->"
SEEDS = (0, 1, 2)
DIVISORS = (59, 30, 15, 8, 4, 2)
OPTIMISER = "--optimizer.weight_decay 2 --training.steps 3000 --training.evaluate_every 50"
SHARED = f"nanda2023 {OPTIMISER} --checkpoints.every 200 --checkpoints.log_spaced 0"
RULE = "--split.fraction 0.4 --corruption.kind fixed-rule --corruption.divisor 17"
NOISE = "--task.p 59 --split.fraction 0.7 --corruption.kind uniform --corruption.fraction 0.05"
SHARE = "--task.p 59 --split.fraction 0.5 --corruption.kind fixed-rule"
COMMANDS = {
    **{f"rule-s{seed}": f"{RULE} --split.seed {seed} --model.seed {seed}" for seed in SEEDS},
    **{f"noise-s{seed}": f"{NOISE} --split.seed {seed} --model.seed {seed} --corruption.seed {seed}" for seed in SEEDS},
    **{f"clean-s{seed}": f"--split.fraction 0.4 --split.seed {seed} --model.seed {seed}" for seed in SEEDS},
    **{f"clean-p59-s{seed}": f"--task.p 59 --split.fraction 0.7 --split.seed {seed} --model.seed {seed}" for seed in SEEDS},
    **{f"share-N{divisor}": f"{SHARE} --corruption.divisor {divisor}" for divisor in DIVISORS},
}
WAYS = ("neurons by second operand", "neurons by attribution", "tokens by embedding")


def main(folder: Path, train: bool) -> None:
    """Writes the page, after training what is missing."""
    for name, flags in COMMANDS.items() if train else ():
        trained(folder / name, flags)
    begun = {name: open_run(folder / name) for name in COMMANDS if (folder / name).exists()}
    runs = {name: run for name, run in begun.items() if run.last_step == run.config.training.steps}
    text, _, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text("\n\n".join([text.strip(), MARK, *sections(runs)]) + "\n")


def trained(run: Path, flags: str) -> None:
    """Trains a run, or the rest of it; Ctrl-C ends the script."""
    begin = [*shlex.split(f"{SHARED} {flags}"), "--out", str(run)]
    status = mechgrok(["train", *(["--resume", str(run)] if run.exists() else begin)])
    if status:
        raise SystemExit(status)


def sections(runs: Mapping[str, Run]) -> Iterator[str]:
    """The tables, each under its heading."""
    rules, noises = ([runs[f"{kind}-s{seed}"] for seed in SEEDS if f"{kind}-s{seed}" in runs] for kind in ("rule", "noise"))
    cleans, shares = ([run for name, run in runs.items() if name.startswith(kind)] for kind in ("clean", "share"))
    yield "## The runs\n\n" + fenced(COMMANDS)
    yield "## What they learnt\n\n" + table([learnt(run) for run in (*rules, *noises, *shares)])
    yield "## Detection of trigger rows (test rows, p = 113, N = 17)\n\n" + table(detection(rules, "test"))
    yield "## Detection of random labels (train rows, p = 59)\n\n" + table(detection(noises, "train"))
    yield "## Detection where there is nothing to find (test rows of clean runs, b mod 17 = 0)\n\n" + table(detection(cleans, "test"))
    yield "## Removal\n\n" + table([row for run in (*rules, *noises) for row in removal(run)])
    yield "## How early (rule-s0, test rows; key frequencies of each step's own)\n\n" + table(early(runs["rule-s0"]))
    yield "## At what share of triggers (p = 59)\n\n" + table([share(run) for run in shares])


def fenced(commands: Mapping[str, str]) -> str:
    """One command a run."""
    lines = [f"mechgrok train {SHARED} {flags} --out checkpoints/{name}" for name, flags in commands.items()]
    return "\n".join(["```sh", *lines, "```"])


def of(run: Run, measure: str, steps: str | Sequence[int] = "last") -> Any:
    """A measure's result."""
    return analyze(run, [measure], steps=steps, nulls=0)[measure]


def learnt(run: Run) -> dict[str, str]:
    """Shares of rows at the last checkpoint, and when each phase began."""
    found = of(run, "trigger-metrics", "all").headline
    began = ", ".join(f"{phase} {step}" for phase, step in found["began"].items())
    shares = {name.replace("_", " "): number(found[name]) for name in ("clean_test", "memorised", "inverted", "rule", "truth")}
    return {"run": run.name, **shares, "phases from step": began}


def detection(runs: Sequence[Run], split: str) -> list[dict[str, str]]:
    """AUROC of each detector in each run, the range of its 300 controls, and its average precision."""
    measures = ("anomaly-scores", "anomaly-controls")
    found = {run.name: [of_split(run, measure, split) for measure in measures] for run in runs}
    return [
        {
            "detector": name,
            **{f"AUROC, {run}": interval(areas.loc[name], "auroc") + star(null.loc[name]) for run, (areas, null) in found.items()},
            **{f"controls, {run}": spread(null.loc[name]) for run, (_, null) in found.items()},
            **{f"AUPRC, {run}": interval(areas.loc[name], "auprc") for run, (areas, _) in found.items()},
        }
        for name in DETECTORS
    ]


def of_split(run: Run, measure: str, split: str) -> Any:
    """The rows of a measure's table that are about train or test rows, by detector."""
    table = of(run, measure).table
    return table[table["split"] == split].set_index("detector")


def star(control: Any) -> str:
    """Marks an area that no control reaches."""
    return "*" if control["auroc"] > control["null_max"] else ""


def spread(control: Any) -> str:
    """From the smallest area of the controls to the largest."""
    return f"{number(control['null_min'])} to {number(control['null_max'])}"


def removal(run: Run) -> Iterator[dict[str, str]]:
    """The best removal at a cost of at most one point, of each way, and what as many random units do."""
    found = of(run, "anomaly-removal")
    test = "test-trigger-rule" in set(found.table["split"])
    kinds = ("test-clean", "test-trigger-rule", "test-trigger-truth") if test else ("train-clean", "train-poisoned", "train-poisoned-truth")
    for way in WAYS:
        removed = found.headline[f"{way.replace(' ', '_')}_removed"]
        rows = found.table[found.table["way"] == way].set_index(["removed", "split"])
        numbers = {kind: f"{number(rows.loc[(0, kind), 'accuracy'])} to {number(rows.loc[(removed, kind), 'accuracy'])}" for kind in kinds}
        random = {
            f"{name}, random": number(rows.loc[(removed, kind), "null_mean"])
            for name, kind in zip(("clean", "corrupted"), kinds, strict=False)
        }
        yield {
            "run": run.name,
            "way": way,
            "removed": str(removed),
            **dict(zip(("clean", "corrupted", "truth"), numbers.values(), strict=True)),
            **random,
        }


def early(run: Run) -> list[dict[str, str]]:
    """Clean and rule accuracy over training, areas, and what eight replaced embeddings do."""
    steps = [step for step in run.steps if step % 400 == 200 or step == run.last_step]
    learnt = of(run, "trigger-metrics", steps).table.pivot(index="step", columns="quantity", values="share")
    scores = of(run, "anomaly-scores(keys=own)", steps).table
    areas = scores[scores["split"] == "test"].pivot(index="step", columns="detector", values="auroc")
    controls = of(run, "anomaly-controls(keys=own, controls=100)", steps).table
    above = controls[(controls["split"] == "test") & (controls["auroc"] > controls["null_max"])].groupby("step")["detector"]
    names = {step: ", ".join(found) for step, found in above}
    removed = of(run, "anomaly-removal(keys=own, controls=1)", steps).table
    left = removed[(removed["way"] == WAYS[2]) & (removed["removed"] == 8)].pivot(index="step", columns="split", values="accuracy")
    return [
        {
            "step": str(step),
            "above all of 100 controls": names.get(step, "none"),
            **{name: number(learnt.loc[step, name]) for name in ("clean test", "rule")},
            **{
                f"AUROC {name}": number(areas.loc[step, name])
                for name in ("other frequencies", "second operand", "embedding", "Mahalanobis")
            },
            **{
                f"{name} without 8 embeddings": number(left.loc[step, f"test-{kind}"])
                for name, kind in (("clean", "clean"), ("rule", "trigger-rule"), ("truth", "trigger-truth"))
            },
        }
        for step in steps
    ]


def share(run: Run) -> dict[str, str]:
    """What a divisor makes of detection and removal."""
    labels, p = run.corrupted, run.task.numbers
    assert labels is not None
    count = int(labels.trigger.sum()) // p
    metrics = of(run, "trigger-metrics").headline
    scores, controls = (of_split(run, name, "test") for name in ("anomaly-scores", "anomaly-controls"))
    best = {name: found for name, found in of(run, "anomaly-removal").headline.items() if name.startswith("tokens_by_embedding")}
    above = [name for name in DETECTORS if controls.loc[name, "auroc"] > controls.loc[name, "null_max"]]
    return {
        "N": str(run.config.corruption.divisor),
        "triggers": f"{count} of {p}",
        **{name.replace("_", " "): number(metrics[name]) for name in ("clean_test", "rule", "truth")},
        "AUROC, embedding": interval(scores.loc["embedding"], "auroc"),
        "above all controls": ", ".join(above) or "none",
        **{f"{name} after removal": number(best[f"tokens_by_embedding_{name}"]) for name in ("clean", "corrupted", "truth")},
        "embeddings replaced": str(best["tokens_by_embedding_removed"]),
    }


def number(value: float | None) -> str:
    """Three digits behind the point, of a number that is one."""
    return "" if value is None or pd.isna(value) else f"{value:.3f}"


def interval(row: Any, name: str) -> str:
    """A number with its interval."""
    return f"{number(row[name])} [{number(row[f'{name}_low'])}, {number(row[f'{name}_high'])}]"


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """A Markdown table of rows with the same columns."""
    found = pd.DataFrame(rows)
    lines = ["| " + " | ".join(row) + " |" for row in [list(found.columns), *found.astype(str).to_numpy().tolist()]]
    return "\n".join([lines[0], "|---" * len(found.columns) + "|", *lines[1:]])


if __name__ == "__main__":
    main(Path(sys.argv[1]), "train" in sys.argv[2:])
