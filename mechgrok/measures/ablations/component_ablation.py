"""Loss with only the key components of the logits, and without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.ablations import ablations
from mechgrok.measures.base.keyed import Keyed, key_set
from mechgrok.measures.base.measure import Headline, last
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.plots.primitives import bars
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

ONLY, WITH_CONSTANT, WITHOUT = "only", "only with the constant", "without"


@dataclass(frozen=True)
class ComponentAblation(Keyed):
    """Cross-entropy (nats) and accuracy with only the key components of the logits over (a, b), and without them, on each split.

    Three sets of 2-D Fourier components of the key frequencies k: phase, cos and sin w_k(phase) (2 per frequency); products, {cos k, sin
    k} x {cos k, sin k} (4 per frequency, the large components of the paper's spectrum); blocks, {const, cos k, sin k}^2 less the constant
    (8 per frequency; the paper keeps these 40 of 113^2 for its five). P: projection of the logits of every class on the set. only: L' = P
    L; only with the constant: L' = P L + mean over rows of (L - P L); without: L' = L - P L. Float64.
    """

    name: ClassVar[str] = "component-ablation"
    title: ClassVar[str] = "Loss of the key components of the logits"
    reference: ClassVar[str] = "Nanda et al. 2023 (arXiv 2301.05217), section 4.4"
    columns: ClassVar[Mapping[str, str]] = {
        "components": "phase, products or blocks; none for the unablated network",
        "variant": "unablated, only, only with the constant, or without",
        "count": "number of components kept or removed, without the constant",
        **ablations.COLUMNS,
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_all_pairs(run, self.basis_in(run.task))

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        keys = key_set(given)
        table = ablations.losses_of(snapshot, _variants(snapshot, keys))
        split = table["variant"].str.partition(": ")
        components = split[0].where(split[1] != "", "none")
        return table.assign(
            components=components, variant=split[2].where(split[1] != "", split[0]), count=components.map(_counts(snapshot.p, keys))
        )

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        everything = now[now["split"] == "all"]
        counted = everything["components"] + " (" + everything["count"].astype(str) + ")"
        named = everything.assign(name=counted.where(everything["components"] != "none", "unablated"))
        y_title = "cross-entropy, all rows (nats)"
        return bars(named, x="name", y="loss", color="variant", log_y=True, x_title="components (their number)", y_title=y_title)

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        everything = now[now["split"] == "all"]
        names = (everything["components"] + " " + everything["variant"]).str.replace(" ", "_").str.removeprefix("none_")
        counts = everything[everything["components"] != "none"].drop_duplicates("components")
        loss = dict(zip(names.tolist(), everything["loss"].tolist(), strict=True))
        return loss | dict(zip((counts["components"] + "_count").tolist(), counts["count"].tolist(), strict=True))


def _counts(p: int, keys: list[int]) -> dict[str, int]:
    waves = [1 if 2 * k == p else 2 for k in keys]
    return {"none": 0, "phase": sum(waves), "products": sum(n**2 for n in waves), "blocks": sum((n + 1) ** 2 - 1 for n in waves)}


def _variants(snapshot: Snapshot, keys: list[int]) -> Iterator[tuple[str, Tensor]]:
    from mechgrok.maths.harmonic import cosines, planes

    phase = cosines.phase_part(snapshot.phase_sums, snapshot.grid.counts, keys).index_select(0, snapshot.grid.phase)
    yield from _interventions(snapshot, "phase", phase)
    for name, functions in {"products": planes.products, "blocks": planes.block}.items():
        part = sum((planes.project(functions(snapshot.p, k), snapshot.logits) for k in keys), 0 * snapshot.logits)
        yield from _interventions(snapshot, name, part)


def _interventions(snapshot: Snapshot, name: str, part: Tensor) -> Iterator[tuple[str, Tensor]]:
    yield f"{name}: {ONLY}", part
    yield f"{name}: {WITH_CONSTANT}", part + (snapshot.logits.mean(0) - part.mean(0))
    yield f"{name}: {WITHOUT}", snapshot.logits - part
