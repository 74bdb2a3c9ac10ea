"""Loss with only the key representations, and without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, last, step_title
from mechgrok.measures.base.on_group import OnGroup, finite_group
from mechgrok.measures.groups.character_cosines import CharacterCosines
from mechgrok.measures.shared.by_split import headline_by_split, mean_by_split_of_labels
from mechgrok.plots.primitives import bars, curves, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

TOGETHER = "all key"


@dataclass(frozen=True)
class IrrepRestrictedLoss(OnGroup):
    """Cross-entropy (nats) on each split with only the key irreducible representations kept (restricted), or with these removed (excluded).

    P: projection of functions of the row on the matrix entries rho_ij(s) of the key representations, s the label (a b for composition),
    over all rows. restricted: L'[:, c] = P L[:, c] + mean over rows of (L - P L)[:, c]; excluded: L'[:, c] = L[:, c] - P L[:, c], without
    correction of the mean, for all key representations and for each. Float64. In small groups all representations may be key; restricted
    logits are then means over the rows of each label, and have a low loss also in a network that only memorised.
    """

    name: ClassVar[str] = "irrep-restricted-loss"
    title: ClassVar[str] = "Restricted and excluded loss by representation"
    reference: ClassVar[str] = "Chughtai et al. 2023 (arXiv 2302.03025), section 5; Nanda et al. 2023 (arXiv 2301.05217), section 5.1"
    columns: ClassVar[Mapping[str, str]] = {
        "variant": "restricted or excluded",
        "irrep": "the representation that is removed, or all key",
        "split": "all, train or test rows of the table",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows",
    }

    keys: Literal["last", "own"] = "last"

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"keys": CharacterCosines(at=self.keys)}

    def caption(self) -> str:
        chosen = {"last": "those of the last checkpoint", "own": "each checkpoint's own"}
        return f"{super().caption()} Key representations: {chosen[self.keys]} (character similarity > .05)."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        keys = given["keys"][given["keys"]["key"]]["irrep"].tolist()
        kept = _kept(snapshot, keys)
        tables = [_restricted(snapshot, kept), _excluded(snapshot, kept).assign(irrep=TOGETHER)]
        tables += [_excluded(snapshot, _kept(snapshot, [name])).assign(irrep=name) for name in keys]
        return pd.concat(tables, ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = result[result["rows"] > 0]
        together = shown[shown["irrep"] == TOGETHER]
        over = [
            curves(table, x="step", y="loss", color="split", log_y=True, x_title="step", y_title=f"{variant} loss (nats)")
            for variant in ("restricted", "excluded")
            for table in [together[together["variant"] == variant]]
        ]
        now = last(shown)
        single = now[(now["variant"] == "excluded") & (now["split"] == "all")]
        one = bars(single, x="irrep", y="loss", x_title="representation removed", y_title="excluded loss, all rows (nats)")
        return panels([*over, one], titles=["Key representations alone", "Without them", step_title(now)])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        together = {name: headline_by_split(table, "loss") for name, table in now[now["irrep"] == TOGETHER].groupby("variant")}
        single = now[(now["irrep"] != TOGETHER) & (now["split"] == "all")]
        return together["restricted"] | {
            "excluded_all": together["excluded"]["all"],
            "excluded_train": together["excluded"]["train"],
            "excluded_all_by_irrep": {str(name): float(loss) for name, loss in zip(single["irrep"], single["loss"], strict=True)},
        }


def _kept(snapshot: Snapshot, names: list[str]) -> Tensor:
    """P L as a function of the label and c (order, order): each element is the label of equally many rows, so their means suffice."""
    from mechgrok.maths.algebra import characters
    from mechgrok.maths.algebra.representations import real_irreps

    group = finite_group(snapshot)
    indices = [index for index, irrep in enumerate(real_irreps(group)) if irrep.name in names]
    return characters.part(snapshot.phase_sums / snapshot.grid.counts[:, None], group, indices)


def _restricted(snapshot: Snapshot, kept: Tensor) -> pd.DataFrame:
    from mechgrok.maths.landscape import losses

    mean = (snapshot.phase_sums - snapshot.grid.counts[:, None] * kept).sum(0) / snapshot.grid.counts.sum()
    by_label = losses.per_label(kept + mean)
    per_row = lambda labels: by_label[snapshot.grid.phase, labels]  # noqa: E731
    return mean_by_split_of_labels(snapshot.grid, per_row).assign(variant="restricted", irrep=TOGETHER)


def _excluded(snapshot: Snapshot, kept: Tensor) -> pd.DataFrame:
    from mechgrok.maths.landscape import losses

    changed = snapshot.logits - kept.index_select(0, snapshot.grid.phase)
    return mean_by_split_of_labels(snapshot.grid, lambda labels: losses.per_example(changed, labels)).assign(variant="excluded")
