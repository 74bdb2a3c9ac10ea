"""Label distributions of the train and test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT
from mechgrok.plots.primitives import bars, panels

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

QUANTITIES = ("entropy_all", "entropy_train", "entropy_test", "divergence")
NAMES = {"entropy_all": "all", "entropy_train": "train", "entropy_test": "test", "divergence": "train from test"}


@dataclass(frozen=True)
class LabelStatistics(Measure):
    """Entropy of the labels of all, train and test rows, and divergence of train from test, in nats, beside random splits of that size.

    H = -sum_c q_c log q_c and KL(train || test) = sum_c q_c log(q_c / q'_c), q_c and q'_c the shares of label c among the train and the
    test rows, not smoothed: KL is infinite where a label of the train rows is in no test row. Random splits (100 by default, seeded):
    their label counts are drawn from the multivariate hypergeometric distribution. The weights do not enter, so that all steps agree.
    """

    has_null: ClassVar[bool] = False
    name: ClassVar[str] = "label-statistics"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Label distributions of train and test"
    reference: ClassVar[str] = "Furuta et al. 2024 (arXiv 2402.16726), dataset statistics"
    columns: ClassVar[Mapping[str, str]] = {
        "quantity": "entropy_all, entropy_train, entropy_test, or divergence: KL(train || test)",
        "value": "nats, for the split of this run; empty where the split is unknown or one side has no rows",
        "random_mean": "mean over random splits of the same size, nats",
        "random_sd": "standard deviation over random splits, nats",
    }

    splits: Annotated[int, Field(ge=2)] = 100
    seed: int = 0

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        import torch

        grid = snapshot.grid
        train = grid.subsets.get("train", torch.zeros_like(grid.subsets["all"]))
        everything = torch.bincount(grid.labels, minlength=grid.p)
        of_train = torch.bincount(grid.labels[train], minlength=grid.p)
        drawn = np.random.default_rng(self.seed).multivariate_hypergeometric(everything.numpy(), int(train.sum()), self.splits, "marginals")
        this_split, random = (_quantities(everything, counts) for counts in (of_train, torch.from_numpy(drawn)))
        finite = random.isfinite().all(1)
        spread = [torch.where(finite, found, torch.nan) for found in (random.mean(1), random.std(1))]
        numbers = torch.stack([this_split, *spread], dim=1)
        if "train" not in grid.subsets:
            numbers[1:] = torch.nan
        return pd.DataFrame(numbers.numpy(), columns=["value", "random_mean", "random_sd"]).assign(quantity=QUANTITIES)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result).rename(columns={"value": "this split", "random_mean": "random splits"})
        long = now.melt("quantity", ["this split", "random splits"], var_name="of", value_name="nats").replace({"quantity": NAMES})
        entropies = long[long["quantity"] != NAMES["divergence"]]
        shown = [
            bars(part, x="quantity", y="nats", color="of", x_title="rows", y_title=title)
            for part, title in ((entropies, "entropy of the labels (nats)"), (long.drop(entropies.index), "KL divergence (nats)"))
        ]
        return panels(shown, titles=["Entropy", "Divergence"])

    def headline(self, result: pd.DataFrame) -> Headline:
        found = last(result).set_index("quantity")
        values = {name: _number_or_reason(found, name, "value") for name in QUANTITIES}
        return values | {f"divergence_{column}": _number_or_reason(found, "divergence", column) for column in ("random_mean", "random_sd")}


def _quantities(everything: Tensor, train: Tensor) -> Tensor:
    """The four quantities of splits from the number of train rows of each label, (..., p) -> (4, ...)."""
    import torch

    from mechgrok.maths.statistics import information

    test = everything - train
    entropies = [information.entropy(counts) for counts in (everything.expand_as(train), train, test)]
    return torch.stack([*entropies, information.divergence(train, test)])


def _number_or_reason(found: pd.DataFrame, quantity: str, column: str) -> float | Missing:
    value = float(found[column][quantity])
    if np.isfinite(value):
        return value
    train, test = (np.isfinite(found["value"][f"entropy_{side}"]) for side in ("train", "test"))
    if train != test:
        return Missing(f"this run has no {'test' if train else 'train'} rows")
    whose = "the train rows" if column == "value" else "the train rows of some random splits"
    return Missing(f"the divergence is infinite: a label of {whose} is in no test row") if train else UNKNOWN_SPLIT
