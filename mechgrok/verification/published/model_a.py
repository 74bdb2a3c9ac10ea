"""Model A of Zhong et al. 2023: a pizza, p = 59, attention replaced by uniform ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mechgrok.runs.importing.import_run import Said
from mechgrok.verification.check import EXACT, Check, Tolerance
from mechgrok.verification.source import Source, by, headlines, imported

CLOSE = Tolerance(absolute=1e-5)
KNOWN = {
    "loss": by(EXACT, {"accuracy_all": 1.0}),
    "distance-irrelevance": by(CLOSE, {"correct": 0.17173645}),
    "gradient-symmetricity": by(CLOSE, {"symmetricity": 0.99366516}),
    "circularity": by(CLOSE, {"circularity": 0.99781835}),
    "parameter-norms": by(Tolerance(absolute=5e-5), {"total_l2": 22.8538}),
    "clock-pizza": by(EXACT, {"label": "pizza"}),
}


def _checks(path: Path) -> Iterator[Check]:
    with imported(path, Said()) as run:
        yield from headlines(run, KNOWN)


SOURCE = Source(
    "model-a",
    "zhong2023/model_p99zdpze5l.pt",
    "Zhong et al. 2023 (arXiv 2306.17844), Model A; computed independently, parameter norm as published",
    _checks,
)
