"""Influence of train rows on test rows: whether their losses rise and fall together around the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.sampling.around_weights import AroundWeights, in_float32, mean_loss, needs_test_rows, row_losses
from mechgrok.plots.primitives import bars

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot

MIRRORED, SAME, OTHER = "same operands, other order", "same answer", "other answer"
CONSTANT = Missing("a chain diverged, or no loss changes along it; set another epsilon")
NONE = Missing("no train row stands in this relation to a test row")


@dataclass(frozen=True)
class Influence(AroundWeights):
    """Correlation of the losses of train and test rows over networks around the weights, by the relation of the two rows.

    correlation = mean over pairs of a train row n and a test row m of corr(l_n, l_m), over the draws of a chain; l: cross-entropy of a row.
    corr is the Bayesian influence function of the paper, normalised and with the sign of the covariance: positive where lowering the loss
    of the train row lowers that of the test row. Relations: train row (b, a) for test row (a, b); else the same label as the row was
    trained with; else another one. Grouping pairs like this is a choice made here. The third group is the control. Sampler as in
    learning-coefficient, from at most 1000 train rows; at most as many test rows. Pairs in which a loss is constant over the draws are left
    out.
    """

    name: ClassVar[str] = "influence"
    title: ClassVar[str] = "Influence of train rows on test rows"
    reference: ClassVar[str] = "Kreer et al. 2025 (arXiv 2509.26544), section 3; library devinterp 2"
    columns: ClassVar[Mapping[str, str]] = {
        "relation": f"{MIRRORED}; {SAME}; {OTHER}",
        "chain": "index of the chain",
        "correlation": "mean over pairs, from -1 to 1; empty where the chain diverged or there is no pair",
        "pairs": "number of pairs of a train and a test row",
    }

    rows: Annotated[int, Field(ge=2)] = 1000

    def obstacle(self, run: Run) -> str | None:
        return needs_test_rows(run) or super().obstacle(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        from mechgrok.maths.landscape import langevin, responses

        train, test = (self.rows_of(snapshot, split) for split in ("train", "test"))
        observed = row_losses(snapshot, torch.cat([train, test]))
        draws = langevin.sample(mean_loss(snapshot, train), in_float32(snapshot), self.sampler(len(train)), observed)
        groups = relations(snapshot, train, test)
        return pd.DataFrame(
            {"relation": name, "chain": chain, "correlation": float(found[mask].nanmean()), "pairs": int(mask.sum())}
            for chain, part in enumerate(draws)
            for found in [responses.correlations(part[:, : len(train)], part[:, len(train) :])]
            for name, mask in groups.items()
        )

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = now.groupby("relation", sort=False)["correlation"].agg(["mean", "min", "max"]).reset_index()
        return bars(
            shown,
            x="relation",
            y="mean",
            low="min",
            high="max",
            x_title="relation of the rows",
            y_title="mean correlation of losses",
            title=step_title(now),
        )

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        mean = now.groupby("relation")["correlation"].mean()
        if now[now["pairs"] > 0]["correlation"].isna().any():
            return dict.fromkeys(("mirrored", "same_answer", "other_answer", "excess"), CONSTANT)
        mirrored, same, other = (NONE if pd.isna(mean[name]) else float(mean[name]) for name in (MIRRORED, SAME, OTHER))
        excess = NONE if isinstance(same, Missing) or isinstance(other, Missing) else same - other
        return {"mirrored": mirrored, "same_answer": same, "other_answer": other, "excess": excess}


def relations(snapshot: Snapshot, train: Tensor, test: Tensor) -> dict[str, Tensor]:
    """Masks (train, test) of the pairs of rows of each relation.

    Parameters
    ----------
    snapshot : Snapshot
    train, test : Tensor (n,), Tensor (m,)
        Indices of rows.

    Returns
    -------
    dict of str to Tensor (n, m)
        Each pair is in one of them.
    """
    operands, labels = snapshot.grid.operands, snapshot.grid.trained_labels
    mirrored = (operands[train][:, None] == operands[test].flip(-1)).all(-1)
    same = labels[train][:, None] == labels[test]
    return {MIRRORED: mirrored, SAME: same & ~mirrored, OTHER: ~same & ~mirrored}
