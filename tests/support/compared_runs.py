"""Runs with curves and stored numbers, made by hand, without weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from made_runs import make_run

EVERY, LAST = 10, 100


def compared_run(folder: Path, decay: float, seed: int, generalised: int | None, last: int = LAST, **headlines: Mapping[str, Any]) -> Path:
    """A run that memorises at step 20 and generalises at a given step, or never; an evaluation every 10 steps."""
    make_run(folder, steps=())
    config = json.loads((folder / "config.json").read_text())
    config |= {"optimizer": {"weight_decay": decay}, "model": config["model"] | {"seed": seed}}
    config["split"] |= {"seed": seed}
    (folder / "config.json").write_text(json.dumps(config))
    lines = []
    for step in range(0, last + 1, EVERY):
        reached = {"train": step >= 20, "test": generalised is not None and step >= generalised}
        lines += [f"{step},{split},{0.01 if yes else 4.0},{1.0 if yes else 0.1}\n" for split, yes in reached.items()]
    (folder / "metrics.csv").write_text("step,split,loss,accuracy\n" + "".join(lines))
    if headlines:
        summary(folder, headlines)
    return folder


def summary(folder: Path, headlines: Mapping[str, Mapping[str, Any]]) -> None:
    """What mechgrok analyze would have written about some measures."""
    (folder / "report").mkdir(exist_ok=True)
    found = {label.replace("_", "-"): {"status": "ok", "step": LAST, "headline": numbers} for label, numbers in headlines.items()}
    (folder / "report" / "summary.json").write_text(json.dumps({"measures": found}))


def sweep_of(folder: Path, times: Mapping[float, Sequence[int | None]]) -> list[Path]:
    """Runs of several weight decays, a seed for each time of a decay."""
    return [
        compared_run(folder / f"decay={decay:g}-s{seed}", decay, seed, time, key_frequencies={"frequencies": [1, seed % 3 + 1]})
        for decay, found in times.items()
        for seed, time in enumerate(found)
    ]
