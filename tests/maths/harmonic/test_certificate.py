"""The proof of margins beside a second computation, and adversaries that try to make it prove too much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.harmonic import fourier
from mechgrok.maths.harmonic.certificate import brute_force, decompose, operations, proven_margins

P = 11
OPERANDS = torch.cartesian_prod(torch.arange(P), torch.arange(P))
LABELS = OPERANDS.sum(1) % P


def true_margins(states: Tensor, readout: Tensor, bias: Tensor) -> Tensor:
    logits = states @ readout + bias
    own = logits.gather(1, LABELS[:, None])[:, 0]
    return own - logits.scatter(1, LABELS[:, None], -torch.inf).amax(1)


def normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def noisy(seed: int, noise: float, width: int = 12) -> tuple[Tensor, Tensor, Tensor]:
    """States that are waves of a + b at two frequencies, read as such, with noise on states, readout and bias."""
    waves = torch.cat([fourier.basis(P)[fourier.rows_of(k, P)] for k in (1, 3)])
    mix = normal(width, 4, seed=seed)
    states = waves.T[LABELS] @ torch.linalg.pinv(mix) + noise * normal(P * P, width, seed=seed + 1)
    return states, 30 * (mix @ waves + noise * normal(width, P, seed=seed + 2)), noise * normal(P, seed=seed + 3)


def proof(states: Tensor, readout: Tensor, bias: Tensor, keys: tuple[int, ...] = (1, 3), understated: float = 1.0) -> Tensor:
    """The proven margins; `understated` falsifies the proof by a smaller remainder."""
    part = decompose(states, readout, OPERANDS)
    return proven_margins([replace(part, remainder=understated * part.remainder)], bias, LABELS, keys)


def test_it_is_the_bound_by_least_squares_and_all_logits() -> None:
    """Logits less r E, with r what least squares on indicators of a, b, a + b, a - b leave, and E what they leave on cosines."""
    states, readout, bias = (each.numpy() for each in noisy(0, 0.3))
    a, b = OPERANDS.numpy().T
    indicators = np.concatenate([np.eye(P)[value] for value in (a, b, (a + b) % P, (a - b) % P)], axis=1)
    r = states - indicators @ np.linalg.lstsq(indicators, states, rcond=None)[0]
    c = np.arange(P)
    waves = np.stack([wave(2 * np.pi * k * c / P) for k in (1, 3) for wave in (np.cos, np.sin)], axis=1)
    E = (readout.T - waves @ np.linalg.lstsq(waves, readout.T, rcond=None)[0]).T
    known = states @ readout + bias - r @ E
    expected = [
        min(known[n, y] - known[n, c] - np.linalg.norm(r[n]) * np.linalg.norm(E[:, c] - E[:, y]) for c in range(P) if c != y)
        for n, y in enumerate(LABELS.tolist())
    ]
    assert proof(*noisy(0, 0.3)).numpy() == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize("noise", [0.02, 0.05, 0.1, 0.3, 1.0])
def test_it_never_exceeds_the_truth_on_networks_between_right_and_wrong(noise: float) -> None:
    proven, right = 0, 0
    for seed in range(0, 400, 4):
        network = noisy(seed, noise)
        truth = true_margins(*network)
        for keys in ((1, 3), (2,), (1, 2, 3, 4, 5)):
            assert bool((proof(*network, keys) <= truth).all())
        proven, right = proven + int((proof(*network) > 0).sum()), right + int((truth > 0).sum())
    assert proven <= right
    assert noise > 0.05 or proven > 0.5 * right, "a bound that proves nothing would pass, too"


def test_with_all_frequencies_nothing_is_left_to_bound() -> None:
    network = noisy(1, 0.3)
    assert torch.allclose(proof(*network, (1, 2, 3, 4, 5)), true_margins(*network), atol=1e-4)


def aligned(seed: int, strength: float) -> tuple[tuple[Tensor, Tensor, Tensor], int]:
    """An exact network with an adversary in a state that no diagonal describes, which lowers the margin of one row as far as it can.

    cos w_1 (a + 2 b) is orthogonal to all functions of a, b, a + b and a - b. It is given the direction E_c - E_y of the row (0, 0) and
    the class c that it reaches first; strength 1 makes the two logits equal there.
    """
    waves = torch.cat([fourier.basis(P)[fourier.rows_of(k, P)] for k in (1, 3)])
    others = torch.cat([fourier.basis(P)[fourier.rows_of(k, P)] for k in (2, 4, 5)])
    E = normal(5, 6, seed=seed) @ others
    exact = waves.T[LABELS] @ (10 * waves)
    gaps, toward = exact[0, 0] - exact[0], (E - E[:, :1]).T
    reach = gaps / toward.norm(dim=1)
    reach[0] = torch.inf
    c = int(reach.argmin())
    place = torch.cos(fourier.angles(P, 1))[(OPERANDS[:, 0] + 2 * OPERANDS[:, 1]) % P]
    hidden = strength * reach[c] * place[:, None] * toward[c] / toward[c].norm()
    return (torch.cat([waves.T[LABELS], hidden], 1), torch.cat([10 * waves, E]), torch.zeros(P, dtype=torch.float64)), c


@pytest.mark.parametrize("seed", range(20))
def test_an_adversary_that_makes_a_row_wrong_is_noticed_there_and_no_earlier(seed: int) -> None:
    weaker, stronger = aligned(seed, 1 - 1e-6)[0], aligned(seed, 1 + 1e-6)[0]
    assert float(true_margins(*weaker)[0]) > 0
    assert float(proof(*weaker)[0]) > 0, "the bound is tight: it is reached"
    assert float(true_margins(*stronger)[0]) < 0
    assert float(proof(*stronger)[0]) < 0
    assert float(proof(*stronger, understated=0.99)[0]) > 0, "a proof that understates the remainder is refuted by this network"


def test_a_neuron_that_fires_in_one_row_only_is_not_averaged_away() -> None:
    states, readout, bias = noisy(2, 0.0)
    spike = torch.zeros(P * P, 1, dtype=torch.float64)
    spike[17] = 1
    at_wrong = torch.zeros(1, P, dtype=torch.float64)
    at_wrong[0, (LABELS[17] + 1) % P] = 200
    network = (torch.cat([states, spike], 1), torch.cat([readout, at_wrong]), bias)
    wrong = true_margins(*network) <= 0
    assert wrong.nonzero().flatten().tolist() == [17]
    assert not bool((proof(*network) > 0)[wrong].any())


@pytest.mark.parametrize("seed", range(2))
def test_descent_on_what_separates_proof_and_truth_does_not_cross_zero(seed: int) -> None:
    """The adversary moves states, readout and bias so as to lower the truth below the proof; it comes close, as the bound is tight."""
    network = [each.clone().requires_grad_() for each in noisy(seed, 0.1)]
    optimiser = torch.optim.Adam(network, lr=0.02)
    gaps = []
    for _ in range(100):
        gap = (true_margins(*network) - proof(*network)).min()
        optimiser.zero_grad()
        gap.backward()
        optimiser.step()
        gaps.append(float(gap.detach()))
    assert min(gaps) >= 0
    assert min(gaps) < 0.05 * gaps[0]


def test_a_tie_is_no_right_answer() -> None:
    zeros = torch.zeros(P * P, 2, dtype=torch.float64), torch.zeros(2, P, dtype=torch.float64), torch.zeros(P, dtype=torch.float64)
    assert not bool((proof(*zeros) > 0).any())


def test_costs_are_those_of_counting() -> None:
    """Two rows, 3 classes, 4 neurons and 2 directions, term by term."""
    decomposition = 2 * 4 * (1 + 1 + 4 * 2 + 1)
    tracked = 2 * 4 * 2 + 2 * 3 * 2
    tables_distances_and_comparison = 2 * 3 * (4 + 2 + 1)
    once = 3 * 4 * 3 * 2 + 4 * 3 * 3 * 4 + 3 * 3 * 4 + 3 * 4
    assert operations(2, 3, [4], 2) == decomposition + tracked + tables_distances_and_comparison + once
    assert brute_force(2, 3, 4, 0) == 2 * (4 * 3 + 3)
    assert brute_force(2, 30, 4, 5) == 2 * (4 * 5 + 5 * 30 + 30)
