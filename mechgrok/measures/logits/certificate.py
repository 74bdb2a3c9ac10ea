"""A lower bound on the accuracy by a proof that is shorter than computing all logits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.errors import UnavailableError
from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_linear_readout
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import curves
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.maths.harmonic.certificate import Part
    from mechgrok.runs.snapshot import Snapshot

LADDER = (1, 2, 3, 4, 5, 6, 8, 12)
"""Numbers of frequencies."""


@dataclass(frozen=True)
class Certificate(InBasis):
    """Share of the rows that are proved to be answered rightly, by a proof that uses a few frequencies, and the length of the proof.

    Logits = bias + states times V; states: the neurons (V = W_L) and, in a transformer, the residual stream before the MLP (V = W_U). V =
    V_K + E, V_K its projection on the K frequencies of the classes with most power in V. states = mean + f(a) + g(b) + h(a + b) + k(a -
    b) + r, by means over rows. A row is certified if for every class c other than its label y: known_y - known_c > sum over states of |r|
    |E_c - E_y|, with known = all terms but r E. By Cauchy-Schwarz the label then has the largest logit: certified <= accuracy for every
    network and every K, up to rounding (a margin of 1e-9 of the row's largest number is required). operations = multiply-adds from the
    activations of all rows to the verdicts; cost = operations / those of computing all logits in the cheaper order. The activations
    themselves are computed for every row in both, and are not counted. The source idealises neurons instead and bounds their
    deviations; this bound needs no ideal network, and is a choice made here.
    """

    name: ClassVar[str] = "certificate"
    title: ClassVar[str] = "Certified accuracy"
    reference: ClassVar[str] = (
        "after Wu et al. 2024 (arXiv 2410.07476) and Gross et al. 2024 (arXiv 2406.11779); the bound is the formula's own"
    )
    has_null: ClassVar[bool] = False
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "frequencies": "K, the number of frequencies that the proof uses",
        "certified": "share of the rows that are proved to be answered rightly",
        "operations": "multiply-adds of the proof, without those of the activations",
        "cost": "operations / multiply-adds of computing and comparing all logits",
        "accuracy": "share of the rows that are answered rightly, by computing all logits; no part of the proof",
    }

    cheap: Annotated[float, Field(gt=0)] = 0.5
    """The largest cost of the proof that the headline quotes."""

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_linear_readout(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import certificate

        parts, bias = decomposed(snapshot)
        labels, order = snapshot.grid.labels, _strongest(parts, snapshot.p)
        right = float((snapshot.predictions == labels).double().mean())
        found = []
        for count in [each for each in LADDER if each <= len(order)]:
            rows = certificate.proven_margins(parts, bias, labels, order[:count]) > 0
            found.append((count, float(rows.double().mean()), *_costs(snapshot, parts, order[:count]), right))
        return pd.DataFrame(found, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        spread = _shares(last(result), "cost", "length of the proof / brute force")
        best = [self._best(rows) for _, rows in result.groupby("step")]
        over = pd.DataFrame([each for each in best if len(each)])
        if over.empty:
            return spread
        return beside_training(result, spread, _shares(over, "step", "step"), f"Proofs of cost up to {self.cheap:g}")

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        best = self._best(now)
        none = Missing(f"no proof costs less than {self.cheap:g} of computing all logits of so small a table")
        found: Headline = {name: none if best.empty else float(best[name]) for name in ("certified", "frequencies", "cost")}
        if not best.empty:
            found["frequencies"] = int(best["frequencies"])
        return {**found, "certified_at_any_cost": float(now["certified"].max()), "accuracy": float(now["accuracy"].iloc[0])}

    def _best(self, rows: pd.DataFrame) -> pd.Series:
        """The row of a checkpoint that certifies most at a cost up to `cheap`, with fewest frequencies; empty where there is none."""
        few = rows[rows["cost"] <= self.cheap].sort_values("frequencies")
        return few.iloc[int(few["certified"].argmax())] if len(few) else pd.Series(dtype=float)


def _shares(rows: pd.DataFrame, x: str, x_title: str) -> go.Figure:
    """Certified share and accuracy against a column."""
    long = rows.melt(x, ["certified", "accuracy"], var_name="rows", value_name="share")
    return curves(long, x=x, y="share", color="rows", x_title=x_title, y_title="share of rows")


def decomposed(snapshot: Snapshot) -> tuple[list[Part], Tensor]:
    """The states with their readouts, decomposed, and the bias of the classes.

    Raises UnavailableError where the logits are not bias + states times readouts, of which the proof is about.
    """
    from mechgrok.maths.harmonic import certificate

    pairs = [(snapshot.neurons, snapshot.neuron_logit_map), *_stream(snapshot)]
    rest = snapshot.logits - sum(states @ readout for states, readout in pairs)
    bias = rest.mean(0)
    if float((rest - bias).abs().max()) > 1e-6 * float(snapshot.logits.abs().max() + 1):
        raise UnavailableError("the logits are no linear function of the last neurons and the residual stream before them")
    return [certificate.decompose(states, readout, snapshot.grid.operands) for states, readout in pairs], bias


def _stream(snapshot: Snapshot) -> list[tuple[Tensor, Tensor]]:
    """The residual stream before the last MLP with W_U, where a network has one that reaches the logits."""
    if not getattr(snapshot.architecture, "residual", False):
        return []
    W_U = snapshot.architecture.unembedding(snapshot.parameters)[:, snapshot.tokens]
    return [(snapshot.activation(f"blocks.{snapshot.architecture.layers - 1}.hook_resid_mid"), W_U)]


def _strongest(parts: list[Part], p: int) -> list[int]:
    """All frequencies, that with most power in the readouts first; each readout in units of its states."""
    from mechgrok.maths.harmonic import fourier

    power = sum(fourier.power(part.readout.T) * part.centred.square().mean() for part in parts)
    return (power.argsort(descending=True, stable=True) + 1).tolist()  # type: ignore[union-attr]


def _costs(snapshot: Snapshot, parts: list[Part], keys: list[int]) -> tuple[int, float]:
    """Multiply-adds of the proof, and their share of those of brute force."""
    from mechgrok.maths.harmonic import certificate

    rows, p = len(snapshot.grid.rows), snapshot.p
    widths = [len(part.readout) for part in parts]
    directions = sum(1 if 2 * k == p else 2 for k in keys)
    proof = certificate.operations(rows, p, widths, directions)
    return proof, proof / certificate.brute_force(rows, p, widths[0], sum(widths[1:]))
