"""Loss without the key frequencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.keyed import Keyed, key_set
from mechgrok.measures.measure import Headline, last
from mechgrok.measures.subsets import UNKNOWN_SPLIT, by_subset, subset_headline
from mechgrok.plots.primitives import curves

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class ExcludedLoss(Keyed):
    """Cross-entropy of logits from which cos and sin w_k(phase) are removed: all key frequencies at once, and one at a time.

    2-D: L'[:, c] = L[:, c] - P L[:, c], with P the projection of functions of the row on cos and sin w_k(phase), without any
    correction of the mean. Cube: only the multiples of cos w_k(phase - c) are subtracted. One frequency at a time on train rows only
    (all rows where the split is unknown).
    Float64.
    """

    name: ClassVar[str] = "excluded-loss"
    title: ClassVar[str] = "Excluded loss"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 5.1 (2-D); Chughtai et al. 2023 (arXiv 2302.03025) (cube)"
    columns: ClassVar[Mapping[str, str]] = {
        "variant": "2-D or cube",
        "frequency": "the frequency that is removed; 0 for all key frequencies at once",
        "split": "all, train or test rows of the table",
        "rows": "how many rows",
        "loss": "mean cross-entropy, nats; empty without rows",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths import cosines

        keys, sums, counts = key_set(given), snapshot.phase_sums, snapshot.grid.counts
        together = [
            by_subset(snapshot.grid, _without(snapshot, part)).assign(variant=variant, frequency=0)
            for variant, part in {"2-D": cosines.phase_part(sums, counts, keys), "cube": cosines.cube_part(sums, counts, keys)}.items()
        ]
        return pd.concat(together + [_one_removed(snapshot, k) for k in keys], ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        one_split = result[result["split"] == ("train" if "train" in set(result["split"]) else "all")]
        shown = one_split[(one_split["variant"] == "2-D") & (one_split["rows"] > 0)]
        named = shown.assign(removed=shown["frequency"].map(lambda k: f"k = {k}" if k else "all keys"))
        y_title = f"excluded loss on {one_split['split'].iloc[0]} rows (nats)"
        return curves(named, x="step", y="loss", color="removed", log_y=True, x_title="step", y_title=y_title)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        together = {name: subset_headline(table, "loss") for name, table in now[now["frequency"] == 0].groupby("variant")}
        single = now[(now["frequency"] > 0) & (now["split"] == "train")].set_index("frequency")["loss"]
        known = "train" in set(now["split"])
        return {
            "train": together["2-D"]["train"],
            "all": together["2-D"]["all"],
            "all_cube": together["cube"]["all"],
            "train_by_frequency": {str(k): float(loss) for k, loss in single.items()} if known else UNKNOWN_SPLIT,
        }


def _without(snapshot: Snapshot, part: Tensor) -> Tensor:
    """Loss of every row after a part that depends on (phase, c) is subtracted (n,)."""
    from mechgrok.maths import losses

    return losses.per_example(snapshot.logits - part.index_select(0, snapshot.grid.phase), snapshot.grid.labels)


def _one_removed(snapshot: Snapshot, k: int) -> pd.DataFrame:
    import torch

    from mechgrok.maths import cosines, losses

    split = "train" if "train" in snapshot.grid.subsets else "all"
    rows = torch.nonzero(snapshot.grid.subsets[split])[:, 0]
    phase, labels = snapshot.grid.phase[rows], snapshot.grid.labels[rows]
    part = cosines.phase_part(snapshot.phase_sums, snapshot.grid.counts, [k])
    per_row = losses.per_example(snapshot.logits[rows] - part.index_select(0, phase), labels)
    found = {"variant": "2-D", "frequency": k, "split": split, "rows": len(rows), "loss": float(per_row.mean())}
    return pd.DataFrame([found])
