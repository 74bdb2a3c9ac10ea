"""`adamw_transformer_40pct_metrics.csv`: accuracies logged by Lightning, addition modulo 97 with 40 % of the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.importing.logs.curves import read_curves
from mechgrok.verification.check import Check
from mechgrok.verification.source import Source

CROSSED = {("train", 0.95): 463, ("train", 0.99): 511, ("test", 0.95): 41_881, ("test", 0.99): 42_721}
"""First single reading at or above."""


def _checks(path: Path) -> Iterator[Check]:
    logged = read_curves(path)[0]
    for (split, threshold), step in CROSSED.items():
        curve = logged[logged["split"] == split]
        yield Check(
            f"first reading of {split} accuracy at {threshold:.0%}", step, first_crossing(curve["step"], curve["accuracy"], threshold)
        )


SOURCE = Source("miml-2025", "miml2025/adamw_transformer_40pct_metrics.csv", "log of MIML-grokking; crossings read off it", _checks)
