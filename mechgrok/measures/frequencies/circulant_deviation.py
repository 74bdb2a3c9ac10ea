"""Distance of the average gradient outer product from circulant matrices, and from that of the last checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Measure, Missing, last
from mechgrok.measures.frequencies.gradient_outer_product import BLOCKS, GradientOuterProduct, outer_products
from mechgrok.measures.shared.diagonals import phase_sign
from mechgrok.plots.primitives import curves, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

NAMES = {"aa": "a and a", "ab": "a and b", "bb": "b and b"}
NONE = Missing("the logits depend on the tokens at no two different ones, or not at all")


@dataclass(frozen=True)
class CirculantDeviation(InBasis):
    """Share of the average gradient outer product that no circulant matrix explains, and its cosine with that of the last checkpoint.

    D = sum over i, j of (G[i, j] - m[j - i])^2 / |G|^2 of each block of G (see gradient-outer-product), m[k] the mean over j - i = k
    modulo p. Where the label is a - b, the block ab takes i + j instead of j - i. 0: circulant, as of a network that treats all tokens
    alike; near 1: without such structure. deviation leaves out the entries i = j, which nearly orthogonal embeddings make large and equal
    whatever the network computes; whole has all entries, as in the paper. alignment = <G, G_last> / (|G| |G_last|) over all blocks. The
    null compares renamed tokens, whose alignment is with the last G of the network itself.
    """

    name: ClassVar[str] = "circulant-deviation"
    by_default: ClassVar[bool] = False
    title: ClassVar[str] = "Circulant deviation of the gradient outer product"
    reference: ClassVar[str] = "Mallinar et al. 2024 (arXiv 2407.20199), circulant deviation and AGOP alignment"
    columns: ClassVar[Mapping[str, str]] = {
        "block": "aa, ab or bb: the operands by whose tokens the logits are derived",
        "deviation": "D without the entries i = j, from 0 to 1; empty where all others are zero",
        "whole": "D of all entries; empty where all are zero",
        "alignment": "cosine of the whole G with that of the last checkpoint; empty where one is zero",
    }

    @property
    def requires(self) -> Mapping[str, Measure]:
        return {"last": GradientOuterProduct(basis=self.basis)}

    def obstacle(self, run: Run) -> str | None:
        return GradientOuterProduct(basis=self.basis).obstacle(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries import circulant

        outer = GradientOuterProduct(basis=self.basis)
        blocks, across = outer_products(snapshot, outer.diagonals, outer.seed), phase_sign(snapshot.grid)
        assert across is not None
        alignment = _alignment(blocks, given["last"])
        signs = {"aa": 1, "ab": across, "bb": 1}
        found = [
            (circulant.deviation(blocks[name], signs[name], diagonal=False), circulant.deviation(blocks[name], signs[name]))
            for name in BLOCKS
        ]
        return pd.DataFrame(found, columns=["deviation", "whole"]).assign(block=BLOCKS, alignment=alignment)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        named = result.assign(block=result["block"].map(NAMES))
        shown = curves(named, x="step", y="deviation", color="block", x_title="step", y_title="circulant deviation")
        whole = result[result["block"] == "aa"]
        return panels(
            [shown, curves(whole, x="step", y="alignment", x_title="step", y_title="cosine with the last G")],
            titles=["Deviation", "Alignment"],
        )

    def headline(self, result: pd.DataFrame) -> Headline:
        now, first = last(result).set_index("block"), result.loc[result["step"] == result["step"].min(), "alignment"]
        pairs = {f"{column}_{block}": now[column][block] for column in ("deviation", "whole") for block in ("aa", "ab")}
        numbers = {**pairs, "alignment_of_first": first.iloc[0]}
        return {name: NONE if pd.isna(value) else float(value) for name, value in numbers.items()}


def _alignment(blocks: Mapping[str, Tensor], other: pd.DataFrame) -> float:
    """Cosine with the blocks of a table; ab counts twice, since ba is its transpose."""
    pairs = [(blocks[name].flatten().numpy(), other.loc[other["block"] == name, "value"].to_numpy(), 1 + (name == "ab")) for name in BLOCKS]
    product, mine, others = (sum(weight * float(x @ y) for x, y, weight in rows) for rows in _products(pairs))
    return product / (mine * others) ** 0.5 if mine > 0 and others > 0 else float("nan")


def _products(pairs: list[tuple[np.ndarray, np.ndarray, int]]) -> list[list[tuple[np.ndarray, np.ndarray, int]]]:
    return [pairs, [(x, x, weight) for x, _, weight in pairs], [(y, y, weight) for _, y, weight in pairs]]
