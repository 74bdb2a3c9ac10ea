"""Loss of the key frequencies alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.keyed import Keyed, key_set
from mechgrok.measures.measure import Headline
from mechgrok.measures.subsets import by_subset, subset_headline
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class RestrictedLoss(Keyed):
    """Cross-entropy of logits of which only cos and sin w_k(phase), k key, are kept, in three variants.

    2-D: L'[:, c] = P L[:, c] + mean over rows of (L - P L)[:, c], with P the projection of functions of the row on cos and sin
    w_k(phase). 2-D uncorrected: without that mean. Cube: only the multiples of cos w_k(phase - c) are kept, no mean. Float64.
    """

    name: ClassVar[str] = "restricted-loss"
    title: ClassVar[str] = "Restricted loss"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 5.1 (2-D); Chughtai et al. 2023 (arXiv 2302.03025) (cube)"
    columns: ClassVar[Mapping[str, str]] = {
        "variant": "2-D, 2-D uncorrected or cube",
        "split": "all, train or test rows of the table",
        "rows": "how many rows",
        "loss": "mean cross-entropy, nats; empty without rows",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths import cosines

        grid, keys = snapshot.grid, key_set(given)
        kept = cosines.phase_part(snapshot.phase_sums, grid.counts, keys)
        mean = (snapshot.phase_sums - grid.counts[:, None] * kept).sum(0) / grid.counts.sum()
        cube = cosines.cube_part(snapshot.phase_sums, grid.counts, keys)
        variants = {"2-D": kept + mean, "2-D uncorrected": kept, "cube": cube}
        tables = [by_subset(grid, _per_row(snapshot, part)).assign(variant=name) for name, part in variants.items()]
        return pd.concat(tables, ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = result[(result["variant"] == "2-D") & (result["rows"] > 0)]
        return curves(shown, x="step", y="loss", color="split", log_y=True, x_title="step", y_title="restricted loss (nats)")

    def headline(self, result: pd.DataFrame) -> Headline:
        by_variant = {name: subset_headline(table, "loss") for name, table in result.groupby("variant")}
        return by_variant["2-D"] | {"all_uncorrected": by_variant["2-D uncorrected"]["all"], "all_cube": by_variant["cube"]["all"]}


def _per_row(snapshot: Snapshot, part: Tensor) -> Tensor:
    """Loss of every row under logits that depend on (phase, c) only: one log-softmax per phase serves all of its rows."""
    from mechgrok.maths import losses

    return losses.per_label(part)[snapshot.grid.phase, snapshot.grid.labels]
