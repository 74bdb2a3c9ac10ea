"""neuron-replacement on planted networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_hand import noise
from planted_attention import A, B, P, cosine, measured_with, sine
from planted_readout import told

from mechgrok.maths.landscape import losses
from mechgrok.measures.ablations.neuron_replacement import NeuronReplacement


class TestNeuronReplacement:
    polynomial = 2 + 3 * cosine(3, A) * sine(3, B) + cosine(3, A)
    faint = 0.2 * cosine(5, A) + 0.1 * cosine(3, A) * cosine(2, B)
    mixed = 0.9 * cosine(4, B)
    rest = 0.8 * sine(1, A)
    still = torch.full((P * P,), 0.7, dtype=torch.float64)

    def test_what_is_no_polynomial_of_the_best_frequency_goes(self) -> None:
        train = np.arange(P * P) % 3 == 0
        W_L, direct = 2 * noise(3, P), noise(P * P, P, seed=1)
        snapshot = told([self.polynomial + self.faint, 1 + self.mixed + self.rest, self.still], W_L, direct, train)
        found = measured_with(NeuronReplacement(), snapshot).headline
        kept = {
            "unablated": [self.polynomial + self.faint, 1 + self.mixed + self.rest],
            "every": [self.polynomial, 1 + self.mixed],
            "specialised": [self.polynomial, 1 + self.mixed + self.rest],
        }
        for variant, neurons in kept.items():
            logits = direct + torch.stack([*neurons, self.still], 1) @ W_L
            per_row = losses.per_example(logits, snapshot.grid.labels)
            for split, mask in snapshot.grid.subsets.items():
                assert found[f"{variant}_{split}"] == pytest.approx(per_row[mask].mean().item(), rel=1e-10)
        assert len({round(found[f"{variant}_all"], 6) for variant in kept}) == 3

    def test_polynomials_are_their_own_replacement(self) -> None:
        waves = [3 + cosine(k, A) - sine(k, B) + cosine(k, A) * sine(k, B) for k in (1, 6)]
        found = measured_with(NeuronReplacement(), told(waves, 5 * noise(2, P))).headline
        assert found["every_all"] == pytest.approx(found["unablated_all"], rel=1e-10)
