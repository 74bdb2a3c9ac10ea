"""Variance of the logits that cosines of phase - c explain, under four centrings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot

NAMES = {"raw": "raw", "global": "global", "over c": "over_c", "double": "double"}


@dataclass(frozen=True)
class LogitFve(Keyed):
    """Fraction of the variance of the logits, over all rows and classes, that cosines of phase - c explain, under four centrings.

    M = sum_k <u_k, L> u_k, u_k = cos w_k(phase - c) / |cos w_k(phase - c)|; k runs over the key frequencies, or over all. FVE = 1 - |Y -
    M|^2 / |Y|^2. Centrings: global, Y = L - mean L; over c, Y = L - mean_c L, where FVE is the sum of the squared similarities; double, Y =
    L - mean_c L - mean_n L + mean L. raw: 1 - |L - M|^2 / |L - mean L|^2, which is negative where mean L is large. Residual share = |L - M|
    / |L|, not centred.
    """

    name: ClassVar[str] = "logit-fve"
    title: ClassVar[str] = "Variance of the logits explained by cosines"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.2; Chughtai et al. 2023 (arXiv 2302.03025), section 5.1"
    columns: ClassVar[Mapping[str, str]] = {
        "frequencies": "key, or all of 1 .. p // 2",
        "centring": "raw, global, over c, or double (over c and over rows)",
        "fve": "fraction of variance explained, at most 1; empty for constant logits",
        "residual": "|L - M| / |L|, the same for every centring; empty where all logits are zero",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import centring, cosines, fourier

        energies, counts = centring.Energies.of(snapshot.logits), snapshot.grid.counts
        coefficients = snapshot.cosine_coefficients
        of_columns = cosines.cube_coefficients(counts[:, None] * energies.column_means, counts)
        rows = []
        for frequencies, ks in {"key": key_set(given), "all": list(fourier.frequencies(snapshot.p))}.items():
            chosen = [k - 1 for k in ks]
            found = centring.explained(energies, coefficients[chosen], of_columns[chosen])
            rows += [(frequencies, name, found[name], found["residual"]) for name in centring.CENTRINGS]
        return pd.DataFrame(rows, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        key = result[result["frequencies"] == "key"]
        shares = curves(key, x="step", y="fve", color="centring", x_title="step", y_title="variance explained")
        residual = curves(key[key["centring"] == "raw"], x="step", y="residual", x_title="step", y_title="residual share of the logits")
        return panels([shares, residual], titles=["By key frequencies, by centring", "Residual of key frequencies"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index(["frequencies", "centring"])
        found = {f"key_{word}": now["fve"]["key", name] for name, word in NAMES.items()}
        found |= {"all_over_c": now["fve"]["all", "over c"], "residual_key": now["residual"]["key", "raw"]}
        return {name: Missing("the logits are constant") if pd.isna(value) else float(value) for name, value in found.items()}
