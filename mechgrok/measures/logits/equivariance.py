"""Decomposition of the logits into a function of c - phase and a residual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class Equivariance(InBasis):
    """Share of the logits (centred over c, all rows) that is not a function of c - phase, and the margin of the part that is, in logits.

    g(d) = mean over rows of L[row, phase + d]; P L = g(c - phase); R = L - P L. residual = |R|^2 / |L|^2; gamma = g(0) - max_{d != 0} g(d);
    imbalance I = max over rows of (max_{c != y} R_c - R_y), y the label. The margin of every row is at least gamma - I, so gamma > I
    guarantees accuracy 1. No choice of frequencies enters.
    """

    name: ClassVar[str] = "equivariance"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Equivariant decomposition of the logits"
    reference: ClassVar[str] = (
        "Chughtai et al. 2023 (arXiv 2302.03025), section 5.1: all their logit components at once; the guarantee is the formula's own"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "residual": "|R|^2 / |L|^2, from 0 (a function of c - phase) to 1; empty where the logits are constant over c",
        "gamma": "margin of the profile g, in logits; negative where g is not largest at d = 0",
        "imbalance": "I, the largest amount by which R lowers the margin of a row, in logits",
        "certified": "whether gamma > imbalance, which guarantees accuracy 1 over the table",
    }

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or _needs_labels_that_are_phases(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries import equivariance

        grid = snapshot.grid
        g = equivariance.profile(snapshot.phase_sums, grid.counts)
        pieces = ((piece.logits, grid.phase[piece.rows], grid.labels[piece.rows]) for piece in snapshot.pieces())
        parts = equivariance.split(pieces, g)
        gamma = float(g[0] - g[1:].max())
        certified = gamma > parts.imbalance
        if certified and not bool((snapshot.predictions == grid.labels).all()):
            raise AssertionError(f"Gamma {gamma} > I {parts.imbalance}, yet a row is wrong: the decomposition is at fault")
        residual = parts.residual_square / parts.square if parts.square > 0 else float("nan")
        return pd.DataFrame([(residual, gamma, parts.imbalance, certified)], columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        share = curves(result, x="step", y="residual", x_title="step", y_title="|R|\N{SUPERSCRIPT TWO} / |L|\N{SUPERSCRIPT TWO}")
        named = {"gamma": "margin \N{GREEK CAPITAL LETTER GAMMA} of the profile", "imbalance": "imbalance I of the rest"}
        long = result.rename(columns=named).melt("step", list(named.values()), var_name="quantity", value_name="logits")
        margins = curves(long, x="step", y="logits", color="quantity", x_title="step", y_title="logits")
        return panels([share, margins], titles=["Not equivariant", "Guaranteed where \N{GREEK CAPITAL LETTER GAMMA} > I"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).iloc[0]
        residual = Missing("the logits are constant over c") if pd.isna(now["residual"]) else float(now["residual"])
        numbers = {key: float(now[key]) for key in ("gamma", "imbalance")}
        return {"residual": residual, **numbers, "certified": bool(now["certified"])}


def _needs_labels_that_are_phases(run: Run) -> str | None:
    same = bool((run.grid.phase == run.grid.labels).all())
    return None if same else "the labels of this task are not its phases, so the margin at the phase is not that of the answers"
