"""Norms and mean directions of the embedding by groups of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Measure, Missing, last, step_title
from mechgrok.plots.primitives import bars, curves, panels
from mechgrok.tasks.parts import held_tokens

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.task import Task

NUMBERS, UNUSED = "numbers", "unused"


@dataclass(frozen=True)
class TokenGroups(Measure):
    """Norm, spread and mean direction of W_E over groups of tokens: the numbers, each other token in use, and the unused tokens.

    Over the tokens t of a group g with mean embedding m_g: norm = sqrt(mean |W_E[t]|^2), in units of the weights; spread = sum |W_E[t] -
    m_g|^2 / sum |W_E[t]|^2, 0 for one token, near 1 for vectors whose mean vanishes. Between two groups: cosine = <m_g, m_h> / (|m_g|
    |m_h|). A token is in use if some row of the task holds it.
    """

    name: ClassVar[str] = "token-groups"
    streams: ClassVar[bool] = True
    title: ClassVar[str] = "Embedding by groups of tokens"
    reference: ClassVar[str] = "defined here; after the embeddings of all tokens in Furuta et al. 2024 (arXiv 2402.16726)"
    columns: ClassVar[Mapping[str, str]] = {
        "group": "numbers, the label of a token, or unused",
        "other": "the group whose mean is compared with this group's",
        "tokens": "number of tokens in the group",
        "norm": "root mean square norm of its embeddings",
        "spread": "share of their squared norm around the mean of the group; empty where all are zero",
        "cosine": "cosine between the means of the two groups, 1 for a group with itself; empty where a mean is zero",
    }
    has_null: ClassVar[bool] = False
    """Renaming the numbers changes no group."""

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        embedding = snapshot.architecture.embedding(snapshot.weights).double()
        found = {name: embedding[tokens] for name, tokens in groups(snapshot.grid.task).items()}
        rows = [(one, other, *_of_group(found[one]), _cosine(found[one], found[other])) for one, other in product(found, found)]
        return pd.DataFrame(rows, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        itself = result[result["group"] == result["other"]]
        now = last(result)
        order = {name: place for place, name in enumerate(now["group"].unique())}
        pairs = now[now["group"].map(order) < now["other"].map(order)]
        shown = pairs.assign(pair=pairs["group"] + " and " + pairs["other"], cosine=pairs["cosine"].fillna(0))
        norm = curves(itself, x="step", y="norm", color="group", x_title="step", y_title="root mean square norm")
        cosine = bars(shown, x="pair", y="cosine", x_title="groups", y_title="cosine between means")
        return panels([norm, cosine], titles=["Length", step_title(now)])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        itself = now[now["group"] == now["other"]].set_index("group")
        spread = itself["spread"][NUMBERS]
        return {
            **{f"norm_{name}": float(norm) for name, norm in itself["norm"].items()},
            "spread_numbers": Missing("the embeddings of the numbers are zero") if pd.isna(spread) else float(spread),
        }


def groups(task: Task) -> dict[str, list[int]]:
    """The tokens of every group that is not empty, numbers first; one task of a mixture has the groups of the whole mixture."""
    held = held_tokens(task)
    others = range(task.numbers, task.vocabulary)
    used = {task.token_labels[token]: [token] for token in others if token in held}
    unused = [token for token in others if token not in held]
    return {NUMBERS: list(range(task.numbers)), **used} | ({UNUSED: unused} if unused else {})


def _of_group(vectors: Tensor) -> tuple[int, float, float]:
    """Tokens, norm, spread."""
    total = float(vectors.square().sum())
    around_mean = float((vectors - vectors.mean(0)).square().sum())
    return len(vectors), (total / len(vectors)) ** 0.5, around_mean / total if total else float("nan")


def _cosine(one: Tensor, other: Tensor) -> float:
    first, second = one.mean(0), other.mean(0)
    lengths = float(first.norm() * second.norm())
    return float(first @ second) / lengths if lengths else float("nan")
