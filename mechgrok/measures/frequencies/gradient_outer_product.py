"""Average outer product of the gradients of the logits by the tokens of the two operands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.base.measure import Headline, Missing, last, step_title
from mechgrok.measures.shared.diagonals import needs_diagonals, other_diagonal
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.measures.shared.operand_attention import operand_positions
from mechgrok.plots.primitives import heatmap, panels
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

BLOCKS = ("aa", "ab", "bb")


@dataclass(frozen=True)
class GradientOuterProduct(InBasis):
    """Average gradient outer product (AGOP): mean over rows of sum_c dL_c / dx_i dL_c / dx_j, x the operands as one-hot vectors.

    G = mean over rows of sum_c g_c g_c^T; g_c: the derivative of the logit of class c, less its mean over the classes, by the 2 p entries
    of the one-hot vectors of a and b, less its mean over the entries of each operand (a constant added to all embeddings counts for
    nothing). Blocks aa, ab, bb. Rows: those of two values, drawn at random, of a - b (of a + b where the label is a - b), so that G of a
    network that treats all tokens alike is exactly circulant. The number of rows and both means are choices made here; the paper takes
    all train rows.
    """

    name: ClassVar[str] = "gradient-outer-product"
    title: ClassVar[str] = "Average gradient outer product (AGOP)"
    reference: ClassVar[str] = "Mallinar et al. 2024 (arXiv 2407.20199), section 2"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "block": "aa, ab or bb: the operands that i and j belong to",
        "i": "number token of the first operand of the block",
        "j": "number token of the second operand of the block",
        "value": "entry of G, squared logits",
    }

    diagonals: Annotated[int, Field(ge=1)] = 2
    """Number of values of a - b whose rows are taken."""
    seed: Annotated[int, Field(ge=0)] = 0

    @property
    def at(self) -> Literal["own", "last"]:
        return "last"

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_all_pairs(run, self.basis_in(run.task)) or needs_diagonals(self, run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        place = pd.MultiIndex.from_product([range(snapshot.p)] * 2, names=["i", "j"]).to_frame(index=False)
        blocks = outer_products(snapshot, self.diagonals, self.seed)
        return pd.concat([place.assign(block=name, value=block.flatten().numpy()) for name, block in blocks.items()], ignore_index=True)

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        shown = [now[now["block"] == block].pivot(index="i", columns="j", values="value") for block in BLOCKS[:2]]
        drawn = [
            heatmap(table.to_numpy(), symmetric=True, x_title=f"token of {name}", y_title="token of a", value_title="G")
            for table, name in zip(shown, "ab", strict=True)
        ]
        return panels(drawn, titles=[f"{step_title(now)}, a and a", "a and b"])

    def headline(self, result: pd.DataFrame) -> Headline:
        squares = last(result).assign(square=lambda rows: rows["value"] ** 2).groupby("block")["square"].sum()
        total = squares["aa"] + 2 * squares["ab"] + squares["bb"]
        cross = float(2 * squares["ab"] / total) if total > 0 else Missing("the logits do not depend on the tokens")
        return {"norm": float(total**0.5), "cross_share": cross}


def outer_products(snapshot: Snapshot, diagonals: int, seed: int) -> dict[str, Tensor]:
    """The blocks of G by their names, each (p, p)."""
    import torch

    inputs = torch.from_numpy(snapshot.grid.task.inputs_at(snapshot.grid.rows[_rows(snapshot, diagonals, seed)].numpy()))
    gradients, positions = _gradients(snapshot, inputs), operand_positions(snapshot.grid.task)
    embeddings = [_embedding(snapshot, inputs[:1], position) for position in positions]
    found = {}
    for name in BLOCKS:
        i, j = ("ab".index(letter) for letter in name)
        inner = torch.einsum("cnx,cny->xy", gradients[:, :, positions[i]], gradients[:, :, positions[j]]) / len(inputs)
        found[name] = embeddings[i] @ inner @ embeddings[j].T
    return found


def _rows(snapshot: Snapshot, diagonals: int, seed: int) -> Tensor:
    """Indices of the rows on some values of the diagonal that the phase does not follow."""
    import torch

    chosen = torch.randperm(snapshot.p, generator=torch.Generator().manual_seed(seed))[:diagonals]
    return torch.isin(other_diagonal(snapshot.grid), chosen).nonzero()[:, 0]


def _gradients(snapshot: Snapshot, inputs: Tensor) -> Tensor:
    """Gradients of the centred logits by the embedded tokens (classes, rows, pos, width)."""
    import torch

    from mechgrok.models.forward.notes import unseen

    network = snapshot.architecture
    x = network.embed(snapshot.parameters, inputs).requires_grad_()
    logits = network.from_embedded(snapshot.parameters, x, unseen)[:, snapshot.tokens[snapshot.tokens < network.d_vocab_out]]
    sums = (logits - logits.mean(1, keepdim=True)).sum(0)
    return torch.stack([torch.autograd.grad(each, x, retain_graph=True)[0] for each in sums])


def _embedding(snapshot: Snapshot, row: Tensor, position: int) -> Tensor:
    """The embeddings of the number tokens at a position, less their mean (p, width)."""
    rows = row.repeat(snapshot.p, 1)
    rows[:, position] = snapshot.tokens
    found = snapshot.architecture.embed(snapshot.parameters, rows)[:, position]
    return (found - found.mean(0)).detach()
