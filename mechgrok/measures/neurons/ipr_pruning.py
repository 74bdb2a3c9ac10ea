"""Loss and accuracy when neurons are pruned in the order of their inverse participation ratio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Measure, last
from mechgrok.measures.neurons.inverse_participation import InverseParticipation
from mechgrok.measures.shared.by_split import SPLITS, headline_by_split
from mechgrok.measures.shared.evaluate import evaluate, evaluate_by_label_kind
from mechgrok.measures.shared.obstacles import needs_linear_readout
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

FRACTIONS = np.linspace(0, 1, 21)


@dataclass(frozen=True)
class IprPruning(InBasis):
    """Accuracy and loss (nats) on each split when a share of the last layer's neurons is set to zero, in the order of their IPR.

    Pruning the neurons j: L' = L - sum_j N_j W_L[j], W_L = W_out W_U; everything else is unchanged. The IPR is that of
    inverse-participation (mean of activation and output side); neurons without an IPR have 0. Two orders: lowest first and highest first.
    If memorising neurons are not periodic, pruning the lowest first lowers the accuracy on memorised rows, and pruning the highest first
    that on held-out rows. Runs with corrupted labels also have the kinds of rows of their metrics.
    """

    name: ClassVar[str] = "ipr-pruning"
    title: ClassVar[str] = "Pruning neurons by inverse participation ratio"
    reference: ClassVar[str] = "Doshi et al. 2023 (arXiv 2310.13061), pruning of neurons by IPR"
    columns: ClassVar[Mapping[str, str]] = {
        "order": "the neurons pruned first: lowest first or highest first, by IPR",
        "fraction": "share of the neurons that are pruned, from 0 to 1 in steps of .05",
        "pruned": "number of neurons that are pruned",
        "split": "all, train or test rows; in runs with corrupted labels also clean, poisoned and trigger rows, as in the metrics",
        "rows": "number of rows",
        "loss": "mean cross-entropy, nats; empty without rows",
        "accuracy": "share of rows whose largest logit is the label's; empty without rows",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"

    r: Annotated[float, Field(gt=1)] = 2

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"ipr": InverseParticipation(r=self.r, basis=self.basis)}

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_linear_readout(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        ascending = given["ipr"]["ipr"].fillna(0).to_numpy().argsort(kind="stable")
        orders = {"lowest first": ascending, "highest first": ascending[::-1]}
        return pd.concat([_pruned(snapshot, order).assign(order=name) for name, order in orders.items()], ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        kinds = now[now["split"].str.contains("-")]
        now = kinds if len(kinds) else now
        shown = [
            curves(rows, x="fraction", y="accuracy", color="split", x_title="share of neurons pruned", y_title="accuracy")
            for _, rows in now.groupby("order", sort=False)
        ]
        return panels(shown, titles=["Lowest IPR first", "Highest IPR first"])

    def headline(self, result: pd.DataFrame) -> Headline:
        half = result[np.isclose(result["fraction"], 0.5)]
        found = {end: headline_by_split(half[half["order"] == f"{end} first"], "accuracy") for end in ("lowest", "highest")}
        return {f"{split}_accuracy_without_{end}_half": found[end][split] for end in found for split in SPLITS}


def _pruned(snapshot: Snapshot, order: np.ndarray) -> pd.DataFrame:
    """Loss and accuracy by split with each fraction of the neurons pruned, in the given order."""
    return pd.concat(
        [
            found.assign(fraction=fraction, pruned=count)
            for fraction, count, logits in progressively_pruned(snapshot, order)
            for found in (evaluate(snapshot.grid, logits), evaluate_by_label_kind(snapshot.grid, logits))
            if len(found)
        ],
        ignore_index=True,
    )


def progressively_pruned(snapshot: Snapshot, order: np.ndarray) -> Iterator[tuple[float, int, Tensor]]:
    """Fraction, number of pruned neurons, and logits, one fraction after the other; the array of logits is updated in place."""
    import torch

    logits, done = snapshot.logits.clone(), 0
    for fraction in FRACTIONS:
        count = round(fraction * len(order))
        chunk = torch.from_numpy(order[done:count].copy())
        logits.addmm_(snapshot.neurons[:, chunk], snapshot.neuron_logit_map[chunk], alpha=-1)
        done = count
        yield float(fraction), count, logits
