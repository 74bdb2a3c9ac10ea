"""Losses of the key, non-key and residual parts of the logits and of their combinations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.shared.by_split import headline_by_split, mean_by_split_of_labels
from mechgrok.plots.primitives import bars, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

COMBINATIONS: Mapping[str, tuple[str, ...]] = {
    "everything": ("key", "non-key", "residual"),
    "key": ("key",),
    "non-key": ("non-key",),
    "residual": ("residual",),
    "key + non-key": ("key", "non-key"),
    "key + residual": ("key", "residual"),
    "non-key + residual": ("non-key", "residual"),
}
"""The parts that each combination keeps; the last five are (a) to (e) of the paper."""
ONE_OUT = "all but one frequency"


@dataclass(frozen=True)
class LossDecomposition(InBasis):
    """Cross-entropy (nats) of the key, non-key and residual parts of the logits, alone and in pairs, over the rows of each split.

    L = m_c + key + non-key + residual. P_k: projection of each output on cos and sin w_k(phase). key = sum of P_k L over the key
    frequencies; non-key = sum over all others; residual = the part that is not a function of the phase; each less its mean over rows. m_c:
    mean of each class over all rows, kept in every combination. Here k is a key frequency if the loss over all rows of L - P_k L exceeds
    that of L by more than `threshold` nats; the other measures use the logit similarity.
    """

    name: ClassVar[str] = "loss-decomposition"
    title: ClassVar[str] = "Loss by parts of the logits"
    reference: ClassVar[str] = "Furuta et al. 2024 (arXiv 2402.16726), restricted and ablated losses, table A.4"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "kept": "the parts that are kept with the mean of each class; `all but one frequency` for the losses that define the keys",
        "frequency": "the frequency that is removed; 0 for the combinations of parts",
        "key": "whether that frequency is a key frequency; no for 0",
        "share": "energy of P_k L / energy of the logits centred over c and rows; empty for combinations, and for constant logits",
        "split": "all, train or test rows of the table; all for single frequencies",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows",
    }

    threshold: Annotated[float, Field(ge=0)] = 1e-9

    def caption(self) -> str:
        return f"{super().caption()} Threshold: {self.threshold:g} nats."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        single = _without_each(snapshot)
        single = single.assign(key=single["loss"] - float(snapshot.losses.mean()) > self.threshold)
        combined = _combinations(snapshot, single.loc[single["key"], "frequency"].tolist())
        return pd.concat([combined, single], ignore_index=True)[list(self.columns)]

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        single = now[now["kept"] == ONE_OUT]
        base = now["loss"][(now["kept"] == "everything") & (now["split"] == "all")].iloc[0]
        combined = now[(now["kept"] != ONE_OUT) & (now["rows"] > 0)]
        short = combined.assign(kept=["".join(name[0].upper() for name in COMBINATIONS[kept]) for kept in combined["kept"]])
        words: dict[str, Any] = {"x_title": "kept: K key, N non-key, R residual", "y_title": "cross-entropy (nats)"}
        parts = bars(short, x="kept", y="loss", color="split", log_y=True, **words)
        rise = single.assign(rise=(single["loss"] - base).where(single["key"], self.threshold))
        keys = rise[rise["key"]].nlargest(5, "rise")["frequency"].tolist()
        words = {"x_title": "frequency removed", "y_title": "rise of the loss, all rows (nats)"}
        chosen = bars(rise, x="frequency", y="rise", highlight=keys, log_y=True, **words)
        chosen.update_yaxes(range=[math.log10(self.threshold), None])
        return panels([parts, chosen], titles=[step_title(now), "Key frequencies, the largest labelled"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        single = now[now["kept"] == ONE_OUT]
        share = single.loc[single["key"], "share"].sum(skipna=False)
        split = next(name for name in ("train", "all") if (now["rows"] > 0)[now["split"] == name].any())
        of_split = {name: headline_by_split(now[now["kept"] == name], "loss")[split] for name in COMBINATIONS}
        return {
            "frequencies": single.loc[single["key"], "frequency"].astype(int).tolist(),
            "share_key": Missing("the logits are constant") if pd.isna(share) else float(share),
            "rows": split,
            **{name.replace(" + ", "_and_").replace("-", "_"): loss for name, loss in of_split.items()},
        }


def _without_each(snapshot: Snapshot) -> pd.DataFrame:
    """Loss over all rows without each k = 1 .. p // 2, and the share of its energy."""
    import torch

    from mechgrok.maths.harmonic import centring, exclusion

    grid, sums = snapshot.grid, snapshot.phase_sums
    masks = torch.ones(1, len(grid.labels), dtype=torch.bool)
    losses = exclusion.mean_losses(
        exclusion.Logits.of(snapshot.logits), grid.phase, grid.labels, exclusion.phase_parts(sums, grid.counts), masks
    )
    centred = exclusion.phase_parts(sums - sums.mean(1, keepdim=True), grid.counts)(torch.arange(snapshot.p))
    energy = (grid.counts[:, None] * centred.square().sum(2)).sum(0)
    energy_of_all = centring.Energies.of(snapshot.logits).over_both
    share = energy / (energy_of_all or float("nan"))
    table = pd.DataFrame({"frequency": range(1, snapshot.p // 2 + 1), "share": share.numpy(), "loss": losses[0].numpy()})
    return table.assign(kept=ONE_OUT, split="all", rows=len(grid.labels))


def _combinations(snapshot: Snapshot, keys: list[int]) -> pd.DataFrame:
    """Loss of every combination of parts on every split."""
    parts = _parts(snapshot, keys)
    tables = [
        mean_by_split_of_labels(snapshot.grid, _per_row(snapshot, parts, kept)).assign(kept=name) for name, kept in COMBINATIONS.items()
    ]
    return pd.concat(tables, ignore_index=True).assign(frequency=0, key=False, share=float("nan"))


def _parts(snapshot: Snapshot, keys: list[int]) -> dict[str, Tensor]:
    """The key and the non-key part as functions of (phase, c), each less its mean over rows (p, p)."""
    from mechgrok.maths.harmonic import cosines, fourier

    sums, counts = snapshot.phase_sums, snapshot.grid.counts
    key = cosines.phase_part(sums, counts, keys)
    parts = {"key": key, "non-key": cosines.phase_part(sums, counts, fourier.frequencies(snapshot.p)) - key}
    return {name: part - counts.double() @ part / counts.sum() for name, part in parts.items()}


def _per_row(snapshot: Snapshot, parts: Mapping[str, Tensor], kept: tuple[str, ...]) -> Callable[[Tensor], Tensor]:
    """A function from labels (n,) to the loss of every row (n,) with the mean of each class and the parts that are kept."""
    import torch

    from mechgrok.maths.landscape import losses

    grid, zero = snapshot.grid, torch.zeros_like(snapshot.phase_sums)
    if "residual" in kept:
        left_out = sum((part for name, part in parts.items() if name not in kept), zero)
        changed = snapshot.logits - left_out.index_select(0, grid.phase)
        return lambda labels: losses.per_example(changed, labels)
    mean = snapshot.phase_sums.sum(0) / grid.counts.sum()
    by_label = losses.per_label(sum((parts[name] for name in kept), zero) + mean)
    return lambda labels: by_label[grid.phase, labels]
