"""Fourier spectra of the gradient of the train loss at embedding, attention and neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.frequencies import spectra
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.measures.shared.operand_attention import operand_positions
from mechgrok.measures.weights.train_loss import needs_train_rows
from mechgrok.plots.primitives import curves, frequency_map, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

SITES = ("embedding", "attention", "neurons")
ZERO = Missing("the gradient at this site is zero or constant over the tokens, or the network has no such site")


@dataclass(frozen=True)
class GradientSpectrum(InBasis):
    """Power by frequency of the gradient of the train loss by a table of tokens that is added at a site.

    G[t] = d loss / d T[t] at T = 0, T[a] + T[b] added at the site: to the embeddings of the operands (T[a] to that of a, T[b] to that of
    b), to the output of the last layer's attention, or to the pre-activations of its neurons, both at the read position. power_k = |F
    G[cos k]|^2 + |F G[sin k]|^2, F the orthonormal real basis of Z_p; share_k = power_k / sum over k >= 1. loss: mean cross-entropy of the
    train rows (all rows where the split is unknown) over the number classes, float64. cosine of two sites: that of their powers over k,
    since their widths differ. Tables of tokens, and cosines of powers, are choices made here.
    """

    name: ClassVar[str] = "gradient-spectrum"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Gradient by frequency and site"
    reference: ClassVar[str] = "after the code of MIScope (2026)"
    columns: ClassVar[Mapping[str, str]] = {
        "site": "embedding, attention or neurons; those that the network has",
        "frequency": "k, from 1 to p // 2",
        "power": "squared norm of the gradient at this frequency, nats squared",
        "share": "share of the power of all frequencies; empty where all are zero",
    }

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_train_rows(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return pd.concat([_spectrum(table).assign(site=site) for site, table in by_token(snapshot).items()], ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result).fillna({"share": 0.0})
        shown = curves(now, x="frequency", y="share", color="site", x_title="frequency k", y_title="share of the power")
        of_embedding = result[result["site"] == "embedding"]
        over = frequency_map(of_embedding, value="share", x_title="step", y_title="frequency k", value_title="share")
        return panels([shown, over], titles=[step_title(now), "Embedding over training"])

    def headline(self, result: pd.DataFrame) -> Headline:
        powers = last(result).pivot(index="frequency", columns="site", values="power").reindex(columns=SITES).fillna(0.0)
        found: Headline = {}
        for site in SITES:
            total, best = powers[site].sum(), int(powers[site].argmax())
            found[f"frequency_{site}"] = best + 1 if total > 0 else ZERO
            found[f"share_{site}"] = float(powers[site].iloc[best] / total) if total > 0 else ZERO
        return found | {f"cosine_{x}_{y}": _cosine(powers[x], powers[y]) for x, y in combinations(SITES, 2)}


def by_token(snapshot: Snapshot) -> dict[str, Tensor]:
    """G of each site that the network has (p, width)."""
    grid = snapshot.grid
    rows = grid.subsets.get("train", grid.subsets["all"]).nonzero()[:, 0]
    at_sites, at_operands = _by_row(snapshot, rows)
    pairs = {"embedding": at_operands} | {site: [gradient, gradient] for site, gradient in at_sites.items()}
    found = {}
    for site, of_operands in pairs.items():
        table = of_operands[0].new_zeros(snapshot.p, of_operands[0].shape[1])
        for operand, gradient in zip(grid.operands[rows].T, of_operands, strict=True):
            table.index_add_(0, operand, gradient)
        found[site] = table
    return found


def _by_row(snapshot: Snapshot, rows: Tensor) -> tuple[dict[str, Tensor], list[Tensor]]:
    """Gradients of the loss at the read position of attention and neurons, and at the embeddings of the operands, each (rows, width)."""
    import torch

    from mechgrok.maths.landscape import losses
    from mechgrok.models.forward.notes import at_position

    network, task = snapshot.architecture, snapshot.grid.task
    names = {f"blocks.{network.layers - 1}.hook_attn_out": "attention", f"blocks.{network.layers - 1}.mlp.hook_pre": "neurons"}
    added: dict[str, Tensor] = {}

    def note(name: str, value: Tensor) -> Tensor:
        if name not in names:
            return value
        added[name] = torch.zeros_like(value, requires_grad=True)
        return value + added[name]

    inputs = torch.from_numpy(task.inputs_at(snapshot.grid.rows[rows].numpy()))
    x = network.embed(snapshot.parameters, inputs).detach().requires_grad_()
    logits = network.from_embedded(snapshot.parameters, x, note)[:, snapshot.tokens[snapshot.tokens < network.d_vocab_out]]
    loss = losses.per_example(logits, snapshot.grid.trained_labels[rows]).mean()
    of_x, *found = torch.autograd.grad(loss, [x, *added.values()])
    pick = at_position(inputs.shape[1])
    sites = {names[name]: pick(name, gradient) for name, gradient in zip(added, found, strict=True)}
    return sites, [of_x[:, position] for position in operand_positions(task)]


def _spectrum(table: Tensor) -> pd.DataFrame:
    """Powers of G by frequency."""
    return spectra.spectrum(table, [])[1:][["frequency", "power", "share"]]


def _cosine(first: pd.Series[Any], second: pd.Series[Any]) -> float | Missing:
    x, y = (powers.to_numpy(dtype=float) for powers in (first, second))
    norms = ((x @ x) * (y @ y)) ** 0.5
    return float(x @ y / norms) if norms > 0 else ZERO
