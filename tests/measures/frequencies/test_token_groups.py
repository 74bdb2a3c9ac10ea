"""token-groups on embeddings whose lengths, spreads and angles are given."""

from __future__ import annotations

import math

import pytest
import torch
from planted import Planted, measured

from mechgrok.measures.frequencies.token_groups import TokenGroups, groups
from mechgrok.models.architecture import Architecture
from mechgrok.runs.grid import Grid
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular

P = 5
TASK = Mixture(p=P, operations=("add", "multiply"))
"""Tokens 0 .. 4, then = + - * /, of which rows hold + and *."""


def embedding(angle: float) -> torch.Tensor:
    """Numbers on a circle of radius 4 whose middle lies 3 along the first axis; + of length 2 along it, * at an angle; the others 0."""
    W_E = torch.zeros(P + 5, 4, dtype=torch.float64)
    turns = 2 * math.pi * torch.arange(P, dtype=torch.float64) / P
    W_E[:P, 0], W_E[:P, 1], W_E[:P, 2] = 3, 4 * turns.cos(), 4 * turns.sin()
    W_E[P + 1, 0] = 2
    W_E[P + 3, 0], W_E[P + 3, 3] = math.cos(angle), math.sin(angle)
    return W_E


def found(task, W_E: torch.Tensor):
    sizes = {"d_model": 4, "heads": 1, "d_head": 1, "d_mlp": 4, "d_vocab": len(W_E), "d_vocab_out": len(W_E), "n_ctx": 3}
    network = Architecture(layers=1, **sizes, activation="relu", normalization=None, attn_only=False)
    snapshot = Planted(Grid.of(task, None))
    snapshot.architecture, snapshot.weights = network, {"embed.W_E": W_E}
    return measured(TokenGroups(), snapshot)


def test_lengths_and_spreads() -> None:
    result = found(TASK, embedding(1.0))
    own = result.table[result.table["group"] == result.table["other"]].set_index("group")
    assert own["tokens"].to_dict() == {"numbers": P, "+": 1, "*": 1, "unused": 3}
    assert own["norm"].to_dict() == pytest.approx({"numbers": 5, "+": 2, "*": 1, "unused": 0})
    assert own["spread"][["numbers", "+", "*"]].tolist() == pytest.approx([16 / 25, 0, 0], abs=1e-12)
    assert math.isnan(own["spread"]["unused"])
    assert result.headline["spread_numbers"] == pytest.approx(16 / 25)


@pytest.mark.parametrize("angle", [0.0, 1.0, math.pi])
def test_angles_between_groups(angle: float) -> None:
    cosine = found(TASK, embedding(angle)).table.set_index(["group", "other"])["cosine"]
    assert cosine["numbers", "+"] == pytest.approx(1)
    assert cosine["+", "*"] == cosine["*", "+"] == pytest.approx(math.cos(angle), abs=1e-6)
    assert math.isnan(cosine["+", "unused"])


def test_groups_are_what_rows_hold() -> None:
    assert groups(TASK) == {"numbers": [0, 1, 2, 3, 4], "+": [6], "*": [8], "unused": [5, 7, 9]}
    assert groups(TASK.model_copy(update={"only": "add"})) == groups(TASK)
    assert groups(Modular(p=P)) == {"numbers": [0, 1, 2, 3, 4], "=": [5]}
