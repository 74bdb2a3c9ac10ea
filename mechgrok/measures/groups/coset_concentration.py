"""Concentration of the neurons on the cosets of subgroups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.base.on_group import OnGroup, finite_group
from mechgrok.measures.shared.obstacles import needs_neurons
from mechgrok.plots.primitives import bars, curves, panels

if TYPE_CHECKING:
    from mechgrok.maths.algebra.cosets import Side, Subgroup
    from mechgrok.maths.algebra.groups import Group
    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class CosetConcentration(OnGroup):
    """Share of the variance of each neuron's pre-activation, averaged over rows of equal a, b or label, within the cosets of a subgroup.

    f: the average as a function on the group G. concentration = sum over cosets C of |C| / |G| Var(f | C) / Var(f), from 0 (constant on
    cosets) to 1, C the left cosets g H or the right cosets H g of a subgroup H that is neither trivial nor G. relative = concentration /
    ((|G| - [G : H]) / (|G| - 1)); the divisor is the expected concentration of a random function, without which a subgroup of prime order
    always has the lowest. Each neuron is assigned the largest subgroup with relative concentration below the threshold, or, without one,
    the subgroup with the lowest relative concentration.
    """

    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    name: ClassVar[str] = "coset-concentration"
    title: ClassVar[str] = "Neurons by cosets"
    reference: ClassVar[str] = "Stander et al. 2024 (arXiv 2312.06581)"
    columns: ClassVar[Mapping[str, str]] = {
        "neuron": "index into the last layer's d_mlp",
        "operand": "the argument of f: a, b or the label; f is the mean over the rows where it is the same",
        "subgroup": "generators of the subgroup; empty for a neuron without variance",
        "order": "order of the subgroup; 0 for a neuron without variance",
        "index": "number of cosets of the subgroup; 0 for a neuron without variance",
        "side": "left cosets g H or right cosets H g; left for a normal subgroup, where they are the same",
        "concentration": "from 0 (constant on cosets) to 1; empty for a neuron without variance",
        "relative": "concentration / its expectation for random functions; empty for a neuron without variance",
    }

    threshold: Annotated[float, Field(gt=0)] = 0.1

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_neurons(run) or _without_subgroups(run)

    def caption(self) -> str:
        return f"{super().caption()} Threshold: {self.threshold:g}."

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        candidates = _candidates(finite_group(snapshot))
        tables = [self._assigned(candidates, values).assign(operand=name) for name, values in _operand_means(snapshot).items()]
        return pd.concat(tables, ignore_index=True)

    def _assigned(self, candidates: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
        """The row of `candidates` assigned to each function on the group (order, d_mlp), with its concentrations."""
        from mechgrok.maths.algebra import cosets

        varies = np.square(values - values.mean(0)).sum(0) > 1e-24 * np.square(values).sum(0)
        varying = values[:, varies]
        concentration = np.stack([cosets.concentration(varying, parts) for parts in candidates["parts"]])
        relative = concentration / candidates["expected"].to_numpy()[:, None]
        by_size = relative / self.threshold - candidates["order"].to_numpy()[:, None]
        chosen = np.where(relative < self.threshold, by_size, relative).argmin(0)
        found = candidates.iloc[chosen].drop(columns=["parts", "expected"]).set_index(np.flatnonzero(varies))
        found["concentration"], found["relative"] = (np.take_along_axis(each, chosen[None], 0)[0] for each in (concentration, relative))
        table = found.reindex(range(values.shape[1])).fillna({"subgroup": "", "side": "", "order": 0, "index": 0})
        return table.astype({"order": int, "index": int}).rename_axis("neuron").reset_index()

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result).assign(function="f of " + last(result)["operand"])
        steps, line = _cumulative(now), {"threshold": self.threshold}
        spread = curves(
            steps, x="relative", y="neurons", color="function", marks=line, x_title="relative concentration", y_title="neurons up to it"
        )
        counts = _counts(now, now["relative"] < self.threshold)
        orders = bars(counts, x="cosets", y="neurons", color="function", x_title="order of the subgroup (its cosets)", y_title="neurons")
        return panels([spread, orders], titles=[step_title(now), f"Subgroups of those below {self.threshold:g}"])

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result)
        return {key: value for name in OPERANDS for key, value in self._headline_of_operand(name, now[now["operand"] == name]).items()}

    def _headline_of_operand(self, operand: str, rows: pd.DataFrame) -> Headline:
        near = rows[rows["relative"] < self.threshold]
        mean = rows["relative"].mean()
        common = near["order"].value_counts().head(3)
        return {
            f"{operand}_concentrated": len(near),
            f"{operand}_orders": {str(order): int(count) for order, count in common.items()},
            f"{operand}_mean_relative": Missing("no neuron varies with this operand") if pd.isna(mean) else float(mean),
        }


OPERANDS = ("a", "b", "label")


def _without_subgroups(run: Run) -> str | None:
    order = run.task.numbers
    prime = all(order % divisor for divisor in range(2, order))
    return f"a group of prime order ({order}) has only trivial subgroups" if prime else None


def _candidates(group: Group) -> pd.DataFrame:
    """Partitions of a group into the cosets of its nontrivial proper subgroups, one per row, with `parts` (order,)."""
    from mechgrok.maths.algebra import cosets

    inner = [each for each in cosets.subgroups(group) if 1 < each.order < group.order]
    cut = [(each, side, cosets.cosets(group, each, side)) for each in inner for side in _SIDES]
    rows = [
        {"subgroup": _name(group, each), "order": each.order, "index": group.order // each.order, "side": side, "parts": parts}
        for each, side, parts in cut
        if side == "left" or not np.array_equal(parts, cosets.cosets(group, each, "left"))
    ]
    table = pd.DataFrame(rows)
    return table.assign(expected=[cosets.expected_concentration(group.order, count) for count in table["index"]])


def _cumulative(now: pd.DataFrame) -> pd.DataFrame:
    """Cumulative number of neurons by relative concentration, for each function."""
    sorted_by = {name: rows["relative"].dropna().sort_values() for name, rows in now.groupby("function", sort=False)}
    points = [pd.DataFrame({"function": name, "relative": [0.0, *x], "neurons": range(len(x) + 1)}) for name, x in sorted_by.items()]
    return pd.concat(points, ignore_index=True)


def _counts(now: pd.DataFrame, near: pd.Series) -> pd.DataFrame:
    """Number of concentrated neurons by order of the subgroup, zeros included, for each function."""
    wide = now[near].groupby(["order", "index", "function"]).size().unstack(fill_value=0)
    wide = wide.reindex(columns=now["function"].unique(), fill_value=0).rename_axis(columns="function")
    wide.index = pd.Index([f"{order} ({index})" for order, index in wide.index], name="cosets")
    return wide.melt(ignore_index=False, value_name="neurons").reset_index()


_SIDES: tuple[Side, ...] = ("left", "right")


def _name(group: Group, subgroup: Subgroup) -> str:
    return f"<{', '.join(group.labels[generator] for generator in subgroup.generators)}>"


def _operand_means(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """Pre-activations of the last layer at the read position, averaged over the rows of equal a, b or label (order, d_mlp)."""
    import torch

    before = snapshot.activation(f"blocks.{snapshot.architecture.layers - 1}.mlp.hook_pre")
    table, labels = before.view(snapshot.p, snapshot.p, -1), snapshot.grid.labels
    by_label = torch.zeros_like(table[0]).index_add_(0, labels, before) / snapshot.p
    return dict(zip(OPERANDS, (table.mean(1).numpy(), table.mean(0).numpy(), by_label.numpy()), strict=True))
