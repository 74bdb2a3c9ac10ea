"""projection-loss on planted networks, against published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from by_hand import noise
from planted import handmade_snapshot, measured
from planted_attention import P, cosine, sine
from planted_readout import C, told

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.landscape import losses
from mechgrok.measures.ablations.projection_loss import ProjectionLoss


class TestProjectionLoss:
    keys = (2, 6)

    def test_neurons_are_projected_and_what_passes_beside_them_stays(self) -> None:
        """By least squares on what key waves read; without the direct part, or with the logits projected, it is another loss."""
        train = np.arange(P * P) % 3 == 0
        neurons, W_L, direct = noise(P * P, 9).relu() + 1, noise(9, P, seed=1), noise(P * P, P, seed=2)
        snapshot = told(list(neurons.T), W_L, direct, train)
        directions = np.stack([(W_L @ wave(k, C)).numpy() for k in self.keys for wave in (cosine, sine)], 1)
        onto = torch.from_numpy(directions @ np.linalg.lstsq(directions, neurons.numpy().T)[0]).T
        mean = neurons.mean(0)
        mean_onto = torch.from_numpy(directions @ np.linalg.lstsq(directions, mean.numpy())[0])
        kept = {"span": onto, "null_space": neurons - onto, "span_and_mean": onto + mean - mean_onto, "unablated": neurons}
        found = measured(ProjectionLoss(keys=self.keys), snapshot).headline
        for variant, values in kept.items():
            per_row = losses.per_example(direct + values @ W_L, snapshot.grid.labels)
            for split, mask in snapshot.grid.subsets.items():
                assert found[f"{variant}_{split}"] == pytest.approx(per_row[mask].mean().item(), rel=1e-10)
        assert found["directions"] == 4
        without_direct = losses.per_example(onto @ W_L, snapshot.grid.labels).mean().item()
        logits = snapshot.logits - direct
        F = fourier.basis(P)[[3, 4, 11, 12]]
        of_outputs = losses.per_example(direct + logits @ F.T @ F, snapshot.grid.labels).mean().item()
        assert abs(found["span_all"] - without_direct) > 1e-2
        assert abs(found["span_all"] - of_outputs) > 1e-2

    def test_the_null_space_of_a_network_of_cosines_guesses(self) -> None:
        """All of W_L lies on the key frequencies: the span holds everything, and what is left reads nothing."""
        for p, directions in ((12, 3), (13, 4)):
            found = measured(ProjectionLoss(keys=(5, 6)), handmade_snapshot(p, {5: 6.0, 6: 4.0})).headline
            assert found["span_all"] == pytest.approx(found["unablated_all"], rel=1e-6)
            assert found["null_space_all"] == pytest.approx(math.log(p), rel=1e-6)
            assert found["directions"] == directions

    def test_without_keys_nothing_is_kept(self) -> None:
        found = measured(ProjectionLoss(keys=()), handmade_snapshot(7, {2: 6.0})).headline
        assert (found["span_all"], found["directions"]) == (pytest.approx(math.log(7), rel=1e-9), 0)
        assert found["null_space_all"] == pytest.approx(found["unablated_all"], rel=1e-12)


@pytest.mark.long
def test_what_the_paper_says_of_its_network_holds_for_another(chughtai) -> None:
    """No numbers are published for this one; these are the paper's claims with room: one frequency a head, its own frequency a neuron."""
    assert chughtai["attention-fit"].headline["mean_fve"] > 0.9
    assert set(chughtai["attention-fit"].headline["frequency"].values()) <= {16, 30, 56}
    assert chughtai["neuron-logit-components"].headline["own"] > 0.95
    projection = chughtai["projection-loss"].headline
    assert projection["directions"] == 6
    assert projection["span_all"] < 1e-5 < 4.7 < projection["null_space_all"]
