"""Loss with only the key frequencies of the logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline
from mechgrok.measures.shared.by_split import headline_by_split, mean_by_split_of_labels
from mechgrok.plots.primitives import curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class RestrictedLoss(Keyed):
    """Cross-entropy (nats) of the logits with only the key frequencies kept, over the rows of each split, in four variants.

    2-D: L'[:, c] = P L[:, c] + mean over rows of (L - P L)[:, c], P the projection of functions of the row on cos and sin w_k(phase), k
    key. 2-D uncorrected: without that mean. Cube: only the multiples of cos w_k(phase - c), without a mean. Row-wise: L'[n, :] = Q L[n, :],
    Q the projection of functions of c on cos and sin w_k c. Row-wise keeps the phase of each row, and with it what was memorised about the
    row; it does not measure generalisation, and is included because some publications call it restricted loss. Float64.
    """

    name: ClassVar[str] = "restricted-loss"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Restricted loss"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 5.1 (2-D); Chughtai et al. 2023 (arXiv 2302.03025) (cube)"
    columns: ClassVar[Mapping[str, str]] = {
        "variant": "2-D, 2-D uncorrected, cube or row-wise",
        "split": "all, train or test rows of the table",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.harmonic import cosines

        grid, keys = snapshot.grid, key_set(given)
        kept = cosines.phase_part(snapshot.phase_sums, grid.counts, keys)
        mean = (snapshot.phase_sums - grid.counts[:, None] * kept).sum(0) / grid.counts.sum()
        cube = cosines.cube_part(snapshot.phase_sums, grid.counts, keys)
        variants = {"2-D": kept + mean, "2-D uncorrected": kept, "cube": cube}
        per_row = {name: _per_row(snapshot, part) for name, part in variants.items()} | {"row-wise": _row_wise(snapshot, keys)}
        return pd.concat(
            [mean_by_split_of_labels(grid, losses).assign(variant=name) for name, losses in per_row.items()], ignore_index=True
        )

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = {"split": result[(result["variant"] == "2-D") & (result["rows"] > 0)], "variant": result[result["split"] == "all"]}
        y_title = "restricted loss (nats)"
        drawn = [curves(table, x="step", y="loss", color=by, log_y=True, x_title="step", y_title=y_title) for by, table in shown.items()]
        return panels(drawn, titles=["2-D, by split", "All rows, by variant"])

    def headline(self, result: pd.DataFrame) -> Headline:
        by_variant = {name: headline_by_split(table, "loss") for name, table in result.groupby("variant")}
        return by_variant["2-D"] | {"all_uncorrected": by_variant["2-D uncorrected"]["all"], "all_cube": by_variant["cube"]["all"]}


def _per_row(snapshot: Snapshot, part: Tensor) -> Callable[[Tensor], Tensor]:
    """A function from labels to the loss of every row under logits of (phase, c), with one log-softmax per phase."""
    from mechgrok.maths.landscape import losses

    of_phase = losses.per_label(part)
    return lambda labels: of_phase[snapshot.grid.phase, labels]


def _row_wise(snapshot: Snapshot, keys: list[int]) -> Callable[[Tensor], Tensor]:
    """A function from labels to the loss of every row, its logits projected on cos and sin w_k c; of zeros where there are no keys."""
    if not keys:
        return _per_row(snapshot, snapshot.phase_sums.new_zeros(snapshot.phase_sums.shape))

    from mechgrok.maths.harmonic import ablation
    from mechgrok.maths.landscape import losses

    kept = lambda piece: ablation.part_of_rows(piece.logits, keys)  # noqa: E731
    return lambda labels: snapshot.per_row(lambda piece: losses.per_example(kept(piece), labels[piece.rows]))
