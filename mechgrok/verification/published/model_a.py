"""Model A of Zhong et al. 2023: a pizza, p = 59, attention replaced by uniform ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mechgrok.runs.importing.options import ImportOptions
from mechgrok.verification.check import EXACT, Check, Tolerance
from mechgrok.verification.source import Source, headline_checks, imported_run, within

CLOSE = Tolerance(absolute=1e-5)
KNOWN = {
    "loss": within(EXACT, {"accuracy_all": 1.0}),
    "distance-irrelevance": within(CLOSE, {"correct": 0.17173645}),
    "gradient-symmetricity": within(CLOSE, {"symmetricity": 0.99366516}),
    "circularity": within(CLOSE, {"circularity": 0.99781835}),
    "parameter-norms": within(Tolerance(absolute=5e-5), {"total_l2": 22.8538}),
    "clock-pizza": within(EXACT, {"label": "pizza"}),
}


def _checks(path: Path) -> Iterator[Check]:
    with imported_run(path, ImportOptions()) as run:
        yield from headline_checks(run, KNOWN)


SOURCE = Source(
    "model-a",
    "zhong2023/model_p99zdpze5l.pt",
    "Zhong et al. 2023 (arXiv 2306.17844), Model A; computed independently, parameter norm as published",
    _checks,
)
