"""Losses of ablated networks by variant and split, beside the unablated network: table, headline and figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, last
from mechgrok.measures.shared.by_split import headline_by_split
from mechgrok.measures.shared.evaluate import evaluate
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, curves

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

UNABLATED = "unablated"
COLUMNS: Mapping[str, str] = {
    "split": "all, train or test rows of the table",
    "rows": "number of rows",
    "loss": "mean cross-entropy, nats; empty without rows",
    "accuracy": "share of rows whose largest logit is the label's; empty without rows",
}


def losses_of(snapshot: Snapshot, variants: Iterable[tuple[str, Tensor]]) -> pd.DataFrame:
    """Loss and accuracy on each split of the unablated network and of each variant (name, logits), which are evaluated one at a time."""
    tables = [evaluate(snapshot.grid, snapshot.logits).assign(variant=UNABLATED)]
    tables += [evaluate(snapshot.grid, logits).assign(variant=name) for name, logits in variants]
    return pd.concat(tables, ignore_index=True)


def losses_headline(result: pd.DataFrame) -> Headline:
    """The loss of every variant on every split at the last checkpoint, as `<variant>_<split>`."""
    now = last(result)
    found = {str(variant): headline_by_split(now[now["variant"] == variant], "loss") for variant in now["variant"].unique()}
    return {f"{variant} {split}".replace(" ", "_"): loss for variant, by_split in found.items() for split, loss in by_split.items()}


def losses_figure(result: pd.DataFrame) -> go.Figure:
    """Losses at the last checkpoint by variant and split, beside those of all rows over training."""
    now = last(result)
    shown = bars(now[now["rows"] > 0], x="variant", y="loss", color="split", log_y=True, x_title="network", y_title="cross-entropy (nats)")
    everything = result[result["split"] == "all"]
    over = curves(everything, x="step", y="loss", color="variant", log_y=True, x_title="step", y_title="cross-entropy, all rows (nats)")
    return beside_training(result, shown, over)
