"""`mod_addition_frac_train_sweep.pth` of Nanda et al. 2023: loss curves of ten train fractions, p = 113."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.importing.logs.train_fractions import train_fractions
from mechgrok.verification.check import Check
from mechgrok.verification.source import Source

GENERALISES = {0.95: 173, 0.9: 250, 0.8: 298, 0.7: 260, 0.6: 476, 0.5: 1006, 0.4: 3197, 0.3: 8035, 0.28: 15242, 0.25: 21956}
"""Train fraction -> first epoch with test loss below .05."""


def _checks(path: Path) -> Iterator[Check]:
    curves = train_fractions(path).groupby(["fraction", "split"])
    memorised = []
    for fraction, epoch in GENERALISES.items():
        train, test = (curves.get_group((fraction, split)) for split in ("train", "test"))
        found = first_crossing(test["step"], test["loss"], 0.05, rising=False)
        yield Check(f"fraction {fraction:g}: first epoch with test loss below .05", epoch, found)
        memorised.append(first_crossing(train["step"], train["loss"], 0.01, rising=False) or 0)
    yield Check("train loss below .01: the first and the last of the fractions", [155, 323], [min(memorised), max(memorised)])


SOURCE = Source(
    "train-fractions",
    "nanda2023/mod_addition_frac_train_sweep.pth",
    "Nanda et al. 2023 (arXiv 2301.05217), saved runs; crossings read off the curves",
    _checks,
)
