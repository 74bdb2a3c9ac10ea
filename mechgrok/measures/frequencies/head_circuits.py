"""Fourier spectra of the OV and QK circuits of the heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.shared.obstacles import needs_attention, needs_attention_to_equals, needs_neurons
from mechgrok.plots.primitives import frequency_map, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

CIRCUITS = {"OV": "to the neurons (OV)", "QK": "attention of '=' (QK)"}


@dataclass(frozen=True)
class HeadCircuits(InBasis):
    """Power by frequency, along the number tokens, of the OV and QK circuits of each head of the first layer, as a share of all power.

    OV, from tokens to the input of the neurons: M = W_E W_V^h W_O^h W_in (p, d_mlp). QK, score of '=' for each token: M = (r W_Q^h + b_Q^h)
    W_K^hT W_E^T / sqrt(d_head) (p,), r the sum of the embedding and the position embedding of '='. share_k = |F_k M|^2 / sum over k >= 1,
    F the orthonormal real basis of Z_p.
    """

    of_weights: ClassVar[bool] = True
    name: ClassVar[str] = "head-circuits"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Heads by frequency"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.3 and released notebook"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "head": "index of the head",
        "circuit": "OV or QK",
        "frequency": "k, from 1 to p // 2",
        "power": "sum of the squared coefficients of cos and sin w_k",
        "share": "power / power of all frequencies k >= 1; empty where the circuit is constant over the tokens",
    }

    def obstacle(self, run: Run) -> str | None:
        if needs_attention(run):
            return needs_attention(run)
        if getattr(run.config.model, "normalization", None) is not None:
            return "LayerNorms lie between embedding, heads and neurons, so the circuits are no products of weights"
        if run.config.model.positions == "rotary" or getattr(run.config.model, "gated", False):
            return "queries and keys are rotated, or neurons multiplied by a gate, so the circuits are no products of weights"
        return super().obstacle(run) or needs_neurons(run) or needs_attention_to_equals(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        tables = [
            _powers(matrix).assign(head=head, circuit=circuit)
            for head in range(snapshot.architecture.heads)
            for circuit, matrix in {"OV": _to_neurons(snapshot, head), "QK": _scores_of_equals(snapshot, head)}.items()
        ]
        return pd.concat(tables, ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        named = now.assign(series=now["head"].astype(str)).fillna({"share": 0.0})
        words: dict[str, Any] = {"x_title": "frequency k", "y_title": "head", "value_title": "share of power"}
        shown = [frequency_map(table, x="frequency", y="series", value="share", **words) for _, table in named.groupby("circuit")]
        return panels(shown, titles=[f"{step_title(now)}, {CIRCUITS[circuit]}" for circuit in sorted(CIRCUITS)])

    def headline(self, result: pd.DataFrame) -> Headline:
        best = last(result).sort_values("share", ascending=False, kind="stable").groupby(["circuit", "head"]).first()
        return {key: value for circuit in CIRCUITS for key, value in _of_circuit(best.loc[[circuit]], circuit).items()}


def _of_circuit(best: pd.DataFrame, circuit: str) -> Headline:
    """Frequency of the largest share of each head, in the order of the heads, and the mean of these shares."""
    if best["share"].isna().any():
        return dict.fromkeys(
            (f"{circuit}_frequencies", f"{circuit}_share"), Missing("a head has a circuit that is constant over the tokens")
        )
    return {f"{circuit}_frequencies": best["frequency"].astype(int).tolist(), f"{circuit}_share": float(best["share"].mean())}


def _powers(matrix: Tensor) -> pd.DataFrame:
    from mechgrok.maths.harmonic import fourier

    power = fourier.power(matrix).numpy()
    varies = power.sum() > 1e-24 * float(matrix.square().sum())
    shares = power / power.sum() if varies else float("nan")
    return pd.DataFrame({"frequency": list(fourier.frequencies(len(matrix))), "power": power, "share": shares})


def _to_neurons(snapshot: Snapshot, head: int) -> Tensor:
    """W_E W_V W_O W_in (p, d_mlp)."""
    weights = snapshot.parameters
    W_V, W_O = weights["blocks.0.attn.W_V"][head], weights["blocks.0.attn.W_O"][head]
    return snapshot.embedding @ W_V @ W_O @ weights["blocks.0.mlp.W_in"]


def _scores_of_equals(snapshot: Snapshot, head: int) -> Tensor:
    """Attention score of '=' for every number token, without terms that do not depend on the token (p, 1)."""
    import torch

    weights = snapshot.parameters
    first = snapshot.grid.task.inputs_at(np.arange(1))
    r = snapshot.architecture.embed(weights, torch.from_numpy(first))[0, -1]
    W_Q = weights["blocks.0.attn.W_Q"]
    query = r @ W_Q[head] + weights.get("blocks.0.attn.b_Q", torch.zeros(len(W_Q), W_Q.shape[2]))[head]
    scores = snapshot.embedding @ weights["blocks.0.attn.W_K"][head] @ query
    return (scores / W_Q.shape[2] ** 0.5)[:, None]
