"""Alignment between the gradients of definitions and of questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.maths.statistics.clusters import WIDTH
from mechgrok.measures.aliases.alias_losses import defined_sets, definitions, needs_definitions, questions
from mechgrok.measures.aliases.differences import difference, headline_interval, mean_and_error
from mechgrok.measures.aliases.internalisation import GAPS
from mechgrok.measures.base.measure import Headline, Measure, Missing, last, step_title
from mechgrok.measures.shared.parameter_groups import ALL, GROUP_MEANING, GROUPS, gradients, vectors_by_group
from mechgrok.plots.primitives import bars, panels, trajectory_bands

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.alias_tables.alias_sets import SetName


@dataclass(frozen=True)
class GradientAlignment(Measure):
    """Cosine and inner product of the gradients of the definition of an alias and of its questions, by group of parameters.

    d_i = gradient of the loss of the definition [tag, alias of i]; q_i = gradient of the mean loss of the questions about that alias that
    the design holds out (all, for sets without trained questions); loss = cross-entropy over all classes with the trained label, in
    float64, without decay or clipping. Within a group of parameters: inner = <d_i, q_i>; cosine = inner / (|d_i| |q_i|). Control, others:
    mean of the same with q_j over the other aliases j of the set. To first order, a step along -d_i lowers the loss of the questions by
    its length times inner / |d_i|. own = cosine - others; gap = mean of own over the reliable set - mean over the unreliable set, -+ 1.96
    standard errors over aliases, within [-4, 4].
    """

    name: ClassVar[str] = "gradient-alignment"
    title: ClassVar[str] = "Gradients of definitions along those of questions"
    reference: ClassVar[str] = (
        "aisc_oocl_mod_experiments (successor, branch misha-iml), grad_cossim_*; after Krasheninnikov et al. 2023 (arXiv 2310.15047)"
    )
    columns: ClassVar[Mapping[str, str]] = {
        "part": "the set",
        "integer": "the integer of the alias",
        "group": GROUP_MEANING,
        "inner": "inner product with the gradient of its own questions, nats^2 per unit of weight^2",
        "cosine": "cosine with the gradient of its own questions; empty where one of them is zero",
        "inner_others": "mean inner product with the questions of the other aliases of the set",
        "cosine_others": "mean cosine with the questions of the other aliases of the set",
    }
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    has_null: ClassVar[bool] = False
    """The questions of other aliases are the control."""

    def obstacle(self, run: Run) -> str | None:
        return needs_definitions(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        sets = defined_sets(snapshot.grid.task)  # type: ignore[arg-type]
        return pd.concat([_of_set(snapshot, name, integers) for name, integers in sets.items()], ignore_index=True)[list(self.columns)]

    def plot(self, result: pd.DataFrame) -> go.Figure:
        own = result.assign(own=result["cosine"] - result["cosine_others"])
        means = own.groupby(["step", "part", "group"], sort=False)["own"].agg(mean_and_error).apply(pd.Series).reset_index()
        means.columns = pd.Index(["step", "part", "group", "mean", "error"])
        half = WIDTH * means["error"]
        banded = means.assign(low=(means["mean"] - half).clip(lower=-2), high=(means["mean"] + half).clip(upper=2))
        now = last(banded)
        words: dict[str, Any] = {"y": "mean", "low": "low", "high": "high", "color": "part", "y_title": "cosine, own less others"}
        left = trajectory_bands(banded[banded["group"] == ALL], x="step", x_title="step", **words)
        right = bars(now, x="group", x_title="parameters", **words)
        return panels([left, right], titles=["All parameters, 95 % interval", f"By group, {step_title(now).lower()}"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        overall = now[now["group"] == ALL]
        means = overall.groupby("part", sort=False)[["cosine", "cosine_others"]].mean()
        found: Headline = {f"{column}_{part}": _number_or_reason(float(value)) for column in means for part, value in means[column].items()}
        for name, (reliable, unreliable, _) in GAPS.items():
            by = {group: _gap(now[now["group"] == group], reliable, unreliable) for group in (ALL, *GROUPS)}
            found |= headline_interval(
                f"{name}_gap", by[ALL], f"{name}: the task lacks one of {reliable} and {unreliable}, or a gradient is zero", limit=4
            )
            found[f"{name}_gap_by_group"] = {group: value for group, (value, _) in by.items() if group != ALL and value == value}
        return found


def _of_set(snapshot: Snapshot, name: SetName, integers: np.ndarray) -> pd.DataFrame:
    """The rows of the table for a set: every group of parameters, every alias."""
    of_set = questions(snapshot.grid.task, name)  # type: ignore[arg-type]
    defined = definitions(snapshot.grid.task, name)  # type: ignore[arg-type]
    of_definitions = [_gradient_by_group(snapshot, defined.of(integers[i : i + 1])) for i in range(len(integers))]
    stacked = {group: _stack([each[group] for each in of_definitions]) for group in of_definitions[0]}
    del of_definitions
    products = {group: np.zeros((len(integers), len(integers))) for group in stacked}
    squares = {group: np.zeros(len(integers)) for group in stacked}
    for j in range(len(integers)):
        for group, slope in _gradient_by_group(snapshot, of_set.of(integers[j : j + 1])).items():
            products[group][:, j] = (stacked[group] @ slope).numpy()
            squares[group][j] = float(slope @ slope)
    own_squares = {group: rows.square().sum(1).numpy() for group, rows in stacked.items()}
    for table in (products, squares, own_squares):
        table[ALL] = np.sum(list(table.values()), axis=0)
    tables = [_table(products[group], own_squares[group], squares[group]).assign(group=group, integer=integers) for group in products]
    return pd.concat(tables, ignore_index=True).assign(part=name)


def _gradient_by_group(snapshot: Snapshot, rows: Any) -> dict[str, Tensor]:
    return vectors_by_group(gradients(lambda weights: rows.losses(snapshot, weights).mean(), snapshot.parameters))


def _stack(rows: list[Tensor]) -> Tensor:
    import torch

    return torch.stack(rows)


def _table(products: np.ndarray, definitions: np.ndarray, questions: np.ndarray) -> pd.DataFrame:
    """The columns of the table from <d_i, q_j> (n, n) and both squared norms (n,): the diagonal, and means off the diagonal."""
    norms = np.sqrt(definitions[:, None] * questions[None, :])
    cosines = np.divide(products, norms, out=np.full_like(products, np.nan), where=norms > 0)
    others = ~np.eye(len(products), dtype=bool)
    return pd.DataFrame(
        {
            "inner": products.diagonal(),
            "cosine": cosines.diagonal(),
            "inner_others": products.mean(1, where=others),
            "cosine_others": cosines.mean(1, where=others),
        }
    )


def _gap(now: pd.DataFrame, reliable: str, unreliable: str) -> tuple[float, float]:
    own = (now["cosine"] - now["cosine_others"]).groupby(now["part"])
    return difference(*(own.get_group(part) if part in own.groups else [] for part in (reliable, unreliable)))


def _number_or_reason(value: float) -> float | Missing:
    return value if value == value else Missing("a gradient is zero")
