"""Cosine between the gradients of a logit by the embeddings of the two operands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from mechgrok.measures.base.measure import Headline, Measure, Missing, last, step_title
from mechgrok.measures.shared.obstacles import needs_all_pairs
from mechgrok.measures.shared.operand_attention import operand_positions
from mechgrok.plots.primitives import histogram
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot


@dataclass(frozen=True)
class GradientSymmetricity(Measure):
    """Cosine between the gradients of the logit of class c by the embeddings of a and b, over 100 random triples (a, b, c).

    symmetricity = mean of cos(dL_c / dE_a, dL_c / dE_b); gradients by the residual stream before the first layer at the positions of the
    operands. The triples are the first of all (a, b, c), in nested order, after random.Random(42).shuffle. Logits that depend on E_a +
    E_b alone, as in the pizza algorithm, have 1; the clock algorithm, which multiplies the embeddings, has less.
    """

    name: ClassVar[str] = "gradient-symmetricity"
    title: ClassVar[str] = "Gradient symmetricity"
    reference: ClassVar[str] = "Zhong et al. 2023 (arXiv 2306.17844), section 4.1"
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    columns: ClassVar[Mapping[str, str]] = {
        "a": "first operand",
        "b": "second operand",
        "c": "class of the logit",
        "cosine": "cosine between the two gradients, from -1 to 1; empty where one of them vanishes",
    }

    triples: Annotated[int, Field(ge=1)] = 100

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_all_pairs(run)

    def compute(self, snapshot: Snapshot, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        from mechgrok.maths.symmetries import symmetricity

        chosen = symmetricity.triples(snapshot.p, self.triples)
        return pd.DataFrame(chosen.numpy(), columns=["a", "b", "c"]).assign(cosine=_cosines(snapshot, chosen).numpy())

    def plot(self, result: pd.DataFrame) -> go.Figure:
        now = last(result)
        cosines = now["cosine"].fillna(0)
        words: dict[str, Any] = {"x_title": "cosine of the gradients by the two embeddings", "y_title": "triples (a, b, c)"}
        shown = histogram(cosines, marks={f"mean {cosines.mean():.2f}": cosines.mean()}, **words)
        return shown.update_layout(title_text=step_title(now))

    def headline(self, result: pd.DataFrame) -> Headline:
        cosine = last(result)["cosine"]
        mean = Missing("the gradients vanish at some triple") if cosine.isna().any() else float(cosine.mean())
        return {"symmetricity": mean}


def _cosines(snapshot: Snapshot, triples: Tensor) -> Tensor:
    """cos(dL_c / dE_a, dL_c / dE_b) for each (a, b, c) (triples,)."""
    import torch

    from mechgrok.models.forward.notes import unseen

    task = snapshot.grid.task
    inputs = torch.from_numpy(task.inputs())
    first, second = operand_positions(task)
    tokens = inputs[triples[:, 0] * snapshot.p + triples[:, 1]]
    x = snapshot.architecture.embed(snapshot.parameters, tokens).requires_grad_()
    logits = snapshot.architecture.from_embedded(snapshot.parameters, x, unseen)
    (gradient,) = torch.autograd.grad(logits.gather(1, triples[:, 2:]).sum(), x)
    left, right = gradient[:, first], gradient[:, second]
    return (left * right).sum(1) / (left.norm(dim=1) * right.norm(dim=1))
