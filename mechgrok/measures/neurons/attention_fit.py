"""Attention patterns as differences of two waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_attention
from mechgrok.measures.shared.operand_attention import attention_elsewhere, attention_to_operands
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, curves
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor

    from mechgrok.maths.harmonic.fits import Differences
    from mechgrok.runs.snapshot import Snapshot


NO_VARIANCE = Missing("the attention of every head to a is constant over the table, so its explained variance is undefined")


@dataclass(frozen=True)
class AttentionFit(InBasis):
    """Fraction of the variance of each head's attention to a, over all (a, b), that a difference of two waves of one frequency explains.

    A(a, b) = attention of the read position to a (last layer, after the softmax). Least-squares fit: A = constant + alpha (cos w_k a -
    cos w_k b) + beta (sin w_k a - sin w_k b), w_k = 2 pi k / p; fve = 1 - |A - fit|^2 / |A - mean A|^2; k has the largest fve. In the
    paper the constant is fixed at 1/2. For a head whose attention to a is constant the fve is undefined (0 / 0), and it has no frequency.
    """

    name: ClassVar[str] = "attention-fit"
    title: ClassVar[str] = "Attention as a difference of waves"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.3 and appendix on attention patterns"
    columns: ClassVar[Mapping[str, str]] = {
        "head": "index of the head",
        "frequency": "k of the largest fve; 0 for a head whose attention to a is constant",
        "constant": "mean attention to a",
        "alpha": "coefficient of cos w_k a - cos w_k b",
        "beta": "coefficient of sin w_k a - sin w_k b",
        "fve": "fraction of variance explained; empty (undefined) for a head whose attention to a is constant",
        "elsewhere": "mean attention to the positions of the row that hold no operand, summed over these: of '=' to itself",
    }

    def obstacle(self, run: Run) -> str | None:
        return needs_attention(run) or super().obstacle(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import fits

        to_a = attention_to_operands(snapshot)[0]
        found = fits.differences(to_a.reshape(snapshot.p, snapshot.p, -1))
        varies = found.total > 1e-20 * to_a.square().sum(0)
        return _table(found, varies).assign(elsewhere=attention_elsewhere(snapshot).mean(0).numpy())

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = bars(now.assign(name=_names(now)), x="name", y="fve", x_title="head: its frequency k", y_title="variance explained")
        over = curves(result, x="step", y="fve", color="head", x_title="step", y_title="variance explained")
        return beside_training(result, shown, over)

    def frame(self, rows: pd.DataFrame) -> Sequence[Mapping[str, ArrayLike]]:
        return [{"x": _names(rows), "y": rows["fve"]}]

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        mean = now["fve"].mean()
        return {
            "mean_fve": NO_VARIANCE if pd.isna(mean) else float(mean),
            "fve": {str(head): None if pd.isna(fve) else float(fve) for head, fve in zip(now["head"], now["fve"], strict=True)},
            "frequency": {str(head): int(k) for head, k in zip(now["head"], now["frequency"], strict=True)},
            "elsewhere": float(now["elsewhere"].mean()),
        }


def _table(found: Differences, varies: Tensor) -> pd.DataFrame:
    import torch

    best = (found.explained / found.total.where(varies, 1.0)).max(0)
    heads = torch.arange(len(varies))
    columns = {
        "head": heads,
        "frequency": (best.indices + 1) * varies,
        "constant": found.constant,
        "alpha": found.alpha[best.indices, heads] * varies,
        "beta": found.beta[best.indices, heads] * varies,
        "fve": best.values.where(varies, float("nan")),
    }
    return pd.DataFrame({name: values.numpy() for name, values in columns.items()})


def _names(rows: pd.DataFrame) -> list[str]:
    """Each head with its frequency."""
    return [f"{head}: {k}" if k else f"{head}" for head, k in zip(rows["head"], rows["frequency"], strict=True)]
