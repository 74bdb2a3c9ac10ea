"""Power of the weights by irreducible representation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.measure import Headline, Missing, last
from mechgrok.measures.base.on_group import OnGroup, finite_group
from mechgrok.measures.shared.obstacles import NO_W_L
from mechgrok.measures.shared.over_training import beside_training
from mechgrok.plots.primitives import bars, frequency_map

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.maths.algebra.groups import Group
    from mechgrok.runs.snapshot import Snapshot

MATRICES = ("W_E", "W_U", "W_L")


@dataclass(frozen=True)
class IrrepShares(OnGroup):
    """Share of the power of W_E, W_U and W_L = W_out W_U along the group on each nontrivial real irreducible representation.

    power_rho = d |f^(rho)|^2 / |G|^2, summed over features, f^(rho) = sum_g f(g) rho(g), d the dimension of rho; half of that where rho is
    a pair of complex conjugates. share_rho = power_rho / sum of power over all nontrivial representations. expected = share for independent
    entries of equal variance = functions_rho / (|G| - 1), functions_rho = d^2, or d^2 / 2 for such a pair. W_L is of the last layer.
    """

    name: ClassVar[str] = "irrep-shares"
    title: ClassVar[str] = "Weights by irreducible representation"
    reference: ClassVar[str] = "Chughtai et al. 2023 (arXiv 2302.03025), section 5; Stander et al. 2024 (arXiv 2312.06581)"
    columns: ClassVar[Mapping[str, str]] = {
        "matrix": "W_E (tokens), W_U or W_L (output columns)",
        "irrep": "name of the representation: a partition, or a Mulliken symbol",
        "dimension": "d, over the real numbers",
        "power": "mean square over the group of the part of this representation, summed over features",
        "share": "power / power of all nontrivial representations; empty for the trivial one and for constant matrices",
        "expected": "share for independent entries of equal variance; empty for the trivial one",
    }

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        matrices = {"W_E": snapshot.embedding, "W_U": snapshot.unembedding.T}
        if snapshot.architecture.maps_neurons:
            matrices["W_L"] = snapshot.neuron_logit_map.T
        tables = [_shares(matrix, finite_group(snapshot)).assign(matrix=name) for name, matrix in matrices.items()]
        return pd.concat(tables, ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        shown = result.dropna(subset=["expected"]).fillna({"share": 0.0})
        now = last(shown)
        spectrum = bars(now, x="irrep", y="share", color="matrix", x_title="representation", y_title="share of power")
        embedding = shown[shown["matrix"] == "W_E"]
        over = frequency_map(
            embedding, x="step", y="irrep", value="share", x_title="step", y_title="representation", value_title="share of power"
        )
        return beside_training(shown, spectrum, over, "Embedding over training")

    def headline(self, result: pd.DataFrame) -> Headline:
        now = last(result).dropna(subset=["expected"])
        found: Headline = {}
        for name in MATRICES:
            found |= {f"{name}_{key}": value for key, value in _largest(now[now["matrix"] == name]).items()}
        return found


def _shares(matrix: Tensor, group: Group) -> pd.DataFrame:
    from mechgrok.maths.algebra import characters
    from mechgrok.maths.algebra.representations import real_irreps

    irreps = real_irreps(group)
    table = pd.DataFrame({"irrep": [each.name for each in irreps], "dimension": [each.dimension for each in irreps]})
    table["power"] = characters.power(matrix, group).numpy()
    nontrivial, trivial = table["power"][1:].sum(), table.index == 0
    varies = nontrivial > 1e-24 * table["power"][0]
    table["share"] = (table["power"] / nontrivial).where(~trivial & varies)
    expected = pd.Series([each.functions / (group.order - 1) for each in irreps])
    return table.assign(expected=expected.mask(trivial))


def _largest(now: pd.DataFrame) -> Headline:
    """The representation with the largest share of one matrix."""
    if now.empty:
        return dict.fromkeys(("largest", "share"), Missing(NO_W_L))
    if now["share"].isna().all():
        return dict.fromkeys(("largest", "share"), Missing("the matrix is constant over the tokens"))
    top = now.nlargest(1, "share").iloc[0]
    return {"largest": str(top["irrep"]), "share": float(top["share"])}
