"""gradient-norms on planted networks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from planted import measured
from slopes import TRAIN, P, loss, network
from torch import Tensor

from mechgrok.measures.weights.gradient_norms import GradientNorms
from mechgrok.runs.snapshot import Snapshot


def differences(snapshot: Snapshot, name: str, rows: np.ndarray = TRAIN, step: float = 1e-5) -> Tensor:
    """Central differences of the loss in every entry of a parameter."""
    weight, slopes = snapshot.weights[name], torch.zeros_like(snapshot.weights[name])
    for place in itertools.product(*map(range, weight.shape)):
        ends = []
        for sign in (1, -1):
            moved = weight.clone()
            moved[place] += sign * step
            ends.append(loss(snapshot, {name: moved}, rows))
        slopes[place] = (ends[0] - ends[1]) / (2 * step)
    return slopes


class TestGradientNorms:
    names = ("embed.W_E", "blocks.0.attn.W_Q", "blocks.0.mlp.b_in", "unembed.W_U")

    @pytest.fixture(scope="class")
    def found(self):
        return measured(GradientNorms(), network())

    @pytest.mark.parametrize("name", names)
    def test_against_differences(self, found, name: str) -> None:
        snapshot = network()
        slopes, weight = differences(snapshot, name), snapshot.weights[name]
        assert found.headline["norm_by_parameter"][name] == pytest.approx(slopes.norm().item(), rel=1e-6)
        cosine = -(slopes * weight).sum() / (slopes.norm() * weight.norm())
        assert found.headline["alignment_by_parameter"][name] == pytest.approx(cosine.item(), abs=1e-6)

    def test_of_the_train_rows_only(self, found) -> None:
        everything = differences(network(), "unembed.W_U", np.full(P * P, True)).norm().item()
        assert found.headline["norm_by_parameter"]["unembed.W_U"] != pytest.approx(everything, rel=1e-2)
        unknown = measured(GradientNorms(), network(None)).headline["norm_by_parameter"]["unembed.W_U"]
        assert unknown == pytest.approx(everything, rel=1e-6)

    def test_total_is_one_vector(self, found) -> None:
        snapshot = network()
        parts = found.table.set_index("parameter").drop(index="total")
        assert found.headline["norm"] == pytest.approx(np.sqrt((parts["norm"] ** 2).sum()), rel=1e-12)
        whole = torch.cat([weight.flatten() for weight in snapshot.weights.values()]).norm().item()
        product = (parts["alignment"] * parts["norm"] * parts["weight_norm"]).sum()
        assert found.headline["alignment"] == pytest.approx(product / (found.headline["norm"] * whole), rel=1e-12)

    def test_along_the_unembedding_the_loss_falls_by_the_logits(self, found) -> None:
        """L is linear in W_U, so -<g, W_U> = mean of L_y - sum_c P_c L_c."""
        snapshot = network()
        L = snapshot.logits[TRAIN]
        gain = (L.gather(1, snapshot.grid.labels[TRAIN][:, None])[:, 0] - (L.softmax(1) * L).sum(1)).mean().item()
        row = found.table.set_index("parameter").loc["unembed.W_U"]
        numbers = snapshot.weights["unembed.W_U"].norm().item()
        assert row["alignment"] * row["norm"] * numbers == pytest.approx(gain, rel=1e-10)
