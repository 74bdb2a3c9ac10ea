"""Loss without all key frequencies, and without each frequency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, last, step_title
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT, headline_by_split
from mechgrok.plots.primitives import bars, curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class ExcludedLoss(Keyed):
    """Cross-entropy (nats) of the logits without cos and sin w_k(phase), for all key frequencies at once and for each frequency, on train
    rows (all rows where the split is unknown).

    2-D: L'[:, c] = L[:, c] - P L[:, c], P the projection of functions of the row on cos and sin w_k(phase), over all rows, without
    correction of the mean. Variant cube, in the table: only the multiples of cos w_k(phase - c) are subtracted. Float64. Above p = 1000
    products are in float32, and frequencies whose part of the logits is small are removed to first order, with an error below 2e-7.
    """

    name: ClassVar[str] = "excluded-loss"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Excluded loss"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 5.1 (2-D); Chughtai et al. 2023 (arXiv 2302.03025) (cube)"
    columns: ClassVar[Mapping[str, str]] = {
        "variant": "2-D or cube",
        "frequency": "the frequency that is removed; 0 for all key frequencies at once",
        "key": "whether that frequency is a key frequency; yes for 0",
        "split": "all, train or test rows of the table",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        keys = key_set(given)
        removed = [("2-D", 0), ("cube", 0), *(("2-D", k) for k in range(1, snapshot.p // 2 + 1))]
        splits = [
            (split, int(mask.sum()), losses)
            for (split, mask), losses in zip(snapshot.grid.subsets.items(), _losses(snapshot, keys), strict=True)
        ]
        rows = [
            (variant, k, not k or k in keys, split, count, loss)
            for split, count, losses in splits
            for (variant, k), loss in zip(removed, losses, strict=True)
        ]
        return pd.DataFrame(rows, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        split = "train" if (result["rows"] > 0)[result["split"] == "train"].any() else "all"
        shown = result[(result["variant"] == "2-D") & (result["split"] == split)]
        single = last(shown[shown["frequency"] > 0])
        keys = shown[shown["key"]].sort_values(["frequency", "step"])
        named = keys.assign(removed=keys["frequency"].map(lambda k: f"k = {k}" if k else "all keys"))
        y_title, highlight = f"excluded loss on {split} rows (nats)", single.loc[single["key"], "frequency"].tolist()
        over = curves(named, x="step", y="loss", color="removed", log_y=True, x_title="step", y_title=y_title)
        now = bars(single, x="frequency", y="loss", highlight=highlight, log_y=True, x_title="frequency removed", y_title=y_title)
        return panels([over, now], titles=["Key frequencies over training", f"{step_title(single)}, each frequency"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        together = {name: headline_by_split(table, "loss") for name, table in now[now["frequency"] == 0].groupby("variant")}
        single = now[(now["frequency"] > 0) & now["key"] & (now["split"] == "train")].set_index("frequency")["loss"]
        known = "train" in set(now["split"])
        return {
            "train": together["2-D"]["train"],
            "all": together["2-D"]["all"],
            "all_cube": together["cube"]["all"],
            "train_by_frequency": {str(k): float(loss) for k, loss in single.items()} if known else UNKNOWN_SPLIT,
        }


def _losses(snapshot: Snapshot, keys: list[int]) -> list[list[float]]:
    """For each split, the mean losses without all key frequencies (2-D, cube) and without each k = 1 .. p // 2."""
    grid = snapshot.grid
    found = _of_labels(snapshot, keys, grid.labels)
    if grid.corrupted is not None:
        train = list(grid.subsets).index("train")
        found[train] = _of_labels(snapshot, keys, grid.trained_labels)[train]
    return found.tolist()


def _of_labels(snapshot: Snapshot, keys: list[int], labels: Tensor) -> Tensor:
    """The same against some labels (splits, 2 + p // 2): parts that are faint to first order, without a pass through the rows."""
    import torch

    from mechgrok.maths.harmonic import exclusion, faint

    grid, sums, counts = snapshot.grid, snapshot.phase_sums, snapshot.grid.counts
    heights, waves, masks = exclusion.heights(sums, counts), exclusion.waves(snapshot.p), torch.stack(list(grid.subsets.values()))
    is_faint = faint.errors(heights, snapshot.p) <= faint.NEGLIGIBLE[snapshot.precision]
    found, losses = torch.empty(len(masks), 2 + len(is_faint), dtype=torch.float64), snapshot.losses_against(labels)
    found[:] = torch.stack([losses[mask].mean() for mask in masks])[:, None]
    if is_faint.any():
        of_rows = zip(snapshot.softmax_sums, masks, strict=True)
        increases = [faint.increases(heights[is_faint], waves[is_faint], each, grid.phase[mask], labels[mask]) for each, mask in of_rows]
        found[:, 2:][:, is_faint] += torch.stack(increases)
    exact = torch.cat([torch.full((2,), bool(keys)), ~is_faint])
    if exact.any():
        together, single = _without_keys(snapshot, keys), exclusion.parts_of(heights[~is_faint], waves[~is_faint])
        parts = lambda phases: torch.cat([together[phases], single(phases)], dim=1)  # noqa: E731
        logits = exclusion.Logits(snapshot.logits_at, sums.shape[1], snapshot.precision)
        found[:, exact] = exclusion.mean_losses(logits, grid.phase, labels, parts, masks)
    return found


def _without_keys(snapshot: Snapshot, keys: list[int]) -> Tensor:
    """The parts of all key frequencies, 2-D and cube (p, 2, p); none (p, 0, p) where there are no keys."""
    import torch

    from mechgrok.maths.harmonic import cosines

    kinds = (cosines.phase_part, cosines.cube_part) if keys else ()
    parts = [part(snapshot.phase_sums, snapshot.grid.counts, keys) for part in kinds]
    return torch.stack(parts, dim=1) if parts else torch.zeros(len(snapshot.phase_sums), 0, snapshot.phase_sums.shape[1])
