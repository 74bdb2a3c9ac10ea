"""The embedding by groups of tokens: the numbers, each operator, what no row holds."""

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
    """Size and direction of W_E over groups of tokens: the numbers, every other token that rows hold, and the tokens that no row holds.

    Over the tokens t of a group g: norm = sqrt(mean |W_E[t]|^2); spread = sum |W_E[t] - m_g|^2 / sum |W_E[t]|^2 with the group's mean m_g,
    0 for one token, near 1 for vectors that cancel. For two groups: cosine = <m_g, m_h> / (|m_g| |m_h|).
    """

    name: ClassVar[str] = "token-groups"
    title: ClassVar[str] = "Embedding by groups of tokens"
    reference: ClassVar[str] = "defined here; after the embeddings of all tokens in Furuta et al. 2024 (arXiv 2402.16726)"
    columns: ClassVar[Mapping[str, str]] = {
        "group": "numbers, a token by its label, or unused",
        "other": "the group that its mean is compared with",
        "tokens": "how many tokens the group has",
        "norm": "root mean square length of its embeddings",
        "spread": "share of their squared length that is not the group's mean; empty where all are zero",
        "cosine": "between the means of the two groups, 1 for a group with itself; empty where one of them is zero",
    }
    has_null: ClassVar[bool] = False
    """Numbers stay numbers when they are renamed."""

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        whole = snapshot.architecture.embedding(snapshot.weights).double()
        found = {name: whole[tokens] for name, tokens in groups(snapshot.grid.task).items()}
        rows = [(one, other, *_of_group(found[one]), _cosine(found[one], found[other])) for one, other in product(found, found)]
        return pd.DataFrame(rows, columns=list(self.columns))

    def plot(self, result: pd.DataFrame) -> go.Figure:
        own = result[result["group"] == result["other"]]
        now = last(result)
        order = {name: place for place, name in enumerate(now["group"].unique())}
        pairs = now[now["group"].map(order) < now["other"].map(order)]
        shown = pairs.assign(pair=pairs["group"] + " and " + pairs["other"], cosine=pairs["cosine"].fillna(0))
        norm = curves(own, x="step", y="norm", color="group", x_title="step", y_title="root mean square norm")
        cosine = bars(shown, x="pair", y="cosine", x_title="groups", y_title="cosine between means")
        return panels([norm, cosine], titles=["Length", step_title(now)])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        own = now[now["group"] == now["other"]].set_index("group")
        spread = own["spread"][NUMBERS]
        return {
            **{f"norm_{name}": float(norm) for name, norm in own["norm"].items()},
            "spread_numbers": Missing("the embeddings of the numbers are zero") if pd.isna(spread) else float(spread),
        }


def groups(task: Task) -> dict[str, list[int]]:
    """The tokens of every group that has any, numbers first. One task of a mixture has those of all, trained together."""
    held = held_tokens(task)
    others = range(task.numbers, task.vocabulary)
    used = {task.token_labels[token]: [token] for token in others if token in held}
    unused = [token for token in others if token not in held]
    return {NUMBERS: list(range(task.numbers)), **used} | ({UNUSED: unused} if unused else {})


def _of_group(vectors: Tensor) -> tuple[int, float, float]:
    """Tokens, norm, spread."""
    whole = float(vectors.square().sum())
    apart = float((vectors - vectors.mean(0)).square().sum())
    return len(vectors), (whole / len(vectors)) ** 0.5, apart / whole if whole else float("nan")


def _cosine(one: Tensor, other: Tensor) -> float:
    first, second = one.mean(0), other.mean(0)
    lengths = float(first.norm() * second.norm())
    return float(first @ second) / lengths if lengths else float("nan")
