"""gradient-spectrum beside differences of the loss along waves of tokens, and of a gradient that is one wave."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pandas as pd
import pytest
import torch
from planted import measured
from slopes import TRAIN, P, network
from torch import Tensor

from mechgrok.measures.frequencies.gradient_spectrum import GradientSpectrum
from mechgrok.measures.shared.parameter_groups import gradients
from mechgrok.measures.weights.train_loss import train_loss
from mechgrok.runs.snapshot import Snapshot

Forward = Callable[[Snapshot, Tensor], Tensor]


def added_to_embedding(snapshot: Snapshot, table: Tensor) -> Tensor:
    W_E = snapshot.weights["embed.W_E"].clone()
    W_E[:P] += table
    return snapshot.with_weights({"embed.W_E": W_E}).logits


def after_attention(snapshot: Snapshot, table: Tensor) -> Tensor:
    a, b = snapshot.grid.operands.T
    return _tail(snapshot, snapshot.activation("blocks.0.hook_resid_mid") + table[a] + table[b], torch.zeros(()))


def before_neurons(snapshot: Snapshot, table: Tensor) -> Tensor:
    a, b = snapshot.grid.operands.T
    return _tail(snapshot, snapshot.activation("blocks.0.hook_resid_mid"), table[a] + table[b])


def _tail(snapshot: Snapshot, middle: Tensor, added: Tensor) -> Tensor:
    """The network behind its attention, written out."""
    W = {name.rpartition(".")[2]: tensor for name, tensor in snapshot.weights.items()}
    hidden = (middle @ W["W_in"] + W["b_in"] + added).relu()
    return ((middle + hidden @ W["W_out"]) @ W["W_U"])[:, :P]


@pytest.mark.parametrize(
    ("site", "forward", "width"), [("embedding", added_to_embedding, 8), ("attention", after_attention, 8), ("neurons", before_neurons, 6)]
)
def test_it_is_the_slope_along_waves_of_tokens(site: str, forward: Forward, width: int) -> None:
    snapshot, step = network(), 1e-5
    labels, train = snapshot.grid.labels[TRAIN], torch.from_numpy(TRAIN)

    def slope(direction: Tensor) -> float:
        ends = [torch.nn.functional.cross_entropy(forward(snapshot, sign * step * direction)[train], labels) for sign in (1, -1)]
        return float(ends[0] - ends[1]) / (2 * step)

    found = measured(GradientSpectrum(), snapshot).table.query(f"site == '{site}'").set_index("frequency")["power"]
    for k in (1, 2):
        power = 0.0
        for shift, column in itertools.product((0.0, math.pi / 2), range(width)):
            direction = torch.zeros(P, width, dtype=torch.float64)
            direction[:, column] = math.sqrt(2 / P) * torch.cos(2 * math.pi * k * torch.arange(P) / P - shift)
            power += slope(direction) ** 2
        assert found[k] == pytest.approx(power, rel=1e-6)


def test_the_embedding_has_the_gradient_of_its_weights() -> None:
    snapshot = network()
    G = gradients(train_loss(snapshot), snapshot.parameters)["embed.W_E"][:P]
    found = measured(GradientSpectrum(), snapshot).table.query("site == 'embedding'")
    assert found["power"].sum() == pytest.approx(float((G - G.mean(0)).square().sum()), rel=1e-10)
    assert found["share"].sum() == pytest.approx(1)


def test_headlines_are_the_largest_frequency_and_cosines_of_powers() -> None:
    rows = [
        ("embedding", 1, 3.0),
        ("embedding", 2, 4.0),
        ("attention", 1, 0.0),
        ("attention", 2, 0.0),
        ("neurons", 1, 1.0),
        ("neurons", 2, 0.0),
    ]
    table = pd.DataFrame(rows, columns=["site", "frequency", "power"]).assign(step=0, share=0.0)
    found = GradientSpectrum().headline(table)
    assert (found["frequency_embedding"], found["share_embedding"]) == (2, 4 / 7)
    assert found["cosine_embedding_neurons"] == pytest.approx(0.6)
    assert "no such site" in found["cosine_embedding_attention"]
    assert "no such site" in found["frequency_attention"]
