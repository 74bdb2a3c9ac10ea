"""Cosines between the embeddings of aliases and integers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.aliases.alias_accuracy import NO_ALIASES
from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.plots.primitives import curves, panels
from mechgrok.tasks.alias_tables.alias_rows import alias, dealt
from mechgrok.tasks.aliases import Aliases

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class AliasAlignment(Measure):
    """Cosine between the embeddings of an alias and of its integer, and share of aliases whose nearest integer is their own, by set.

    cosine = <W_E[x_n], W_E[n]> / (|W_E[x_n]| |W_E[n]|), x_n the alias of n, both less the mean embedding of the integers; others = mean of
    the same over all integers but n. nearest = share of the aliases of a set whose cosine is largest at n. either = share with the largest
    cosine at n or -n, which an even task such as a^2 + b^2 does not distinguish.
    """

    name: ClassVar[str] = "alias-alignment"
    title: ClassVar[str] = "Aliases beside their integers in the embedding"
    reference: ClassVar[str] = "defined here, for the experiments after Krasheninnikov et al. 2023 (arXiv 2310.15047)"
    columns: ClassVar[Mapping[str, str]] = {
        "part": "the set",
        "aliases": "number of aliases in the set",
        "cosine": "mean over the set of the cosine with its own integer",
        "others": "mean over the set of the cosines with all other integers",
        "nearest": "share of aliases whose nearest integer is their own integer n",
        "either": "share of aliases whose nearest integer is n or -n modulo p",
    }
    has_null: ClassVar[bool] = False
    """The other integers are the control."""

    def obstacle(self, run: Run) -> str | None:
        return None if isinstance(run.task, Aliases) else NO_ALIASES

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return pd.DataFrame(_rows(snapshot), columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        gaps = result.assign(gap=result["cosine"] - result["others"])
        titles = {"gap": "cosine, own less others", "either": "share nearest to n or -n"}
        figures = [curves(gaps, x="step", y=y, color="part", x_title="step", y_title=words) for y, words in titles.items()]
        return panels(figures, titles=["Own integer against others", "Nearest integer"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).set_index("part")
        found = {f"{what}_{name}": float(now[what][name]) for what in ("cosine", "either") for name in now.index}
        return {key: value if value == value else Missing("an embedding is zero") for key, value in found.items()}


def _rows(snapshot: Snapshot) -> Iterator[tuple[str, int, float, float, float, float]]:
    import torch

    task: Aliases = snapshot.grid.task  # type: ignore[assignment]
    embedding = snapshot.architecture.embedding(snapshot.weights).double()
    centred = embedding - embedding[: task.p].mean(0)
    unit = centred / centred.norm(dim=1, keepdim=True)
    for name, integers in dealt(task).items():
        own = torch.from_numpy(integers)
        cosines: Tensor = unit[torch.from_numpy(alias(task, integers))] @ unit[: task.p].T
        at_own = cosines.gather(1, own[:, None])[:, 0]
        others = (cosines.sum(1) - at_own) / (task.p - 1)
        nearest = cosines.argmax(1)
        shares = [(nearest == own).double(), ((nearest == own) | (nearest == -own % task.p)).double()]
        yield name, len(own), float(at_own.mean()), float(others.mean()), float(shares[0].mean()), float(shares[1].mean())
