"""`low_precision_mod_addition.pth` of Nanda et al. 2023: p = 113, trained with float32 losses, split by python-shuffle with seed 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.verification.check import EXACT, NATS, SHARE, Check, Tolerance
from mechgrok.verification.source import Source, headline_checks, imported_run, within

SQUARES = Tolerance(absolute=6e-6)
"""Sums of squares are printed to five digits after the point."""

LOGITS = Tolerance(absolute=1e-6)
"""Printed to six digits after the point."""

MLP, ATTENTION = "blocks.0.mlp", "blocks.0.attn"
KNOWN = {
    "loss": within(NATS, {"all": 2.88806e-3, "train": 3.045181e-4, "test": 3.994994e-3}) | within(SHARE, {"accuracy_all": 0.9994518}),
    "key-frequencies": within(EXACT, {"frequencies": [3, 6, 23, 39]}),
    "key-frequencies(rule=neuron-clusters)": within(EXACT, {"frequencies": [6, 23, 39]}),
    "logit-cosines": within(
        SHARE,
        {
            "similarity": {"3": 0.113244, "6": 0.249809, "23": 0.588648, "39": 0.223639},
            "explained": 0.4725197,
            "explained_key": 0.4717491,
        },
    ),
    "neuron-logit-spectrum": within(SHARE, {"residual": 0.3680470}),
    "restricted-loss": within(
        NATS, {"all": 3.64294e-3, "train": 3.542786e-3, "test": 3.685850e-3, "all_uncorrected": 9.17558, "all_cube": 3.91113e-5}
    ),
    "restricted-loss(keys=6,23,39)": within(NATS, {"all": 0.2111949, "train": 0.2112997, "test": 0.2111500}),
    "excluded-loss": within(
        NATS,
        {
            "all": 18.72137,
            "all_cube": 29.23418,
            "train": 18.4849542,
            "train_by_frequency": {"3": 0.3537767, "6": 1.0588978, "23": 8.1494801, "39": 0.9394347},
        },
    ),
    "excluded-loss(keys=6,23,39)": within(NATS, {"train": 16.9501734}),
    "spectrum-2d": within(SHARE, {"sum_by_frequency": {"3": 0.047413, "6": 0.112112, "23": 0.718288, "39": 0.074662}}),
    "fourier-density": within(SHARE, {"W_E_density": 0.0714286, "W_L_density": 0.0625, "W_E_ratio": 0.8995319, "W_L_ratio": 0.7103486}),
    "equivariance": within(LOGITS, {"gamma": 13.495770, "imbalance": 68.086201}) | within(EXACT, {"certified": False}),
    "neuron-frequencies": within(EXACT, {"specialised": 405, "clusters": {"6": 106, "23": 194, "39": 105}}),
    "gini": within(SHARE, {"W_E_norms": 0.5856943, "W_E_powers": 0.9053678, "W_L_norms": 0.5706831, "W_L_powers": 0.8878942}),
    "weight-norms": within(
        SQUARES,
        {
            "by_parameter": {
                "embed.W_E": 181.67246,
                "pos_embed.W_pos": 2.95118,
                f"{ATTENTION}.W_K": 17.99980,
                f"{ATTENTION}.W_Q": 112.90799,
                f"{ATTENTION}.W_V": 215.22312,
                f"{ATTENTION}.W_O": 148.11302,
                f"{MLP}.W_in": 220.50864,
                f"{MLP}.b_in": 0.14450,
                f"{MLP}.W_out": 191.74641,
                f"{MLP}.b_out": 0.01630,
                "unembed.W_U": 44.84354,
            }
        },
    ),
}


def _checks(path: Path) -> Iterator[Check]:
    with imported_run(path, ImportOptions(fraction=0.3, split="python-shuffle", split_seed=1)) as run:
        yield from headline_checks(run, KNOWN)
        yield from _recorded(run.metrics)


def _recorded(metrics: pd.DataFrame) -> Iterator[Check]:
    """Steps at which the recorded losses first pass a threshold."""
    for split, threshold, step in (("train", 0.01, 275), ("test", 1.0, 8780), ("test", 0.1, 9300)):
        curve = metrics[metrics["split"] == split]
        found = first_crossing(curve["step"], curve["loss"], threshold, rising=False)
        yield Check(f"recorded losses: first step with {split} loss below {threshold:g}", step, found)


SOURCE = Source(
    "low-precision",
    "nanda2023/low_precision_mod_addition.pth",
    "Nanda et al. 2023 (arXiv 2301.05217), saved runs; numbers computed independently",
    _checks,
)
