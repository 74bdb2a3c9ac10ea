"""The sampler on losses whose posterior, and so whose learning coefficient, is known in closed form."""

from __future__ import annotations

import math

import pytest
import torch

from mechgrok.maths.landscape import langevin
from mechgrok.maths.landscape.langevin import Sampler

pytest.importorskip("devinterp", reason="devinterp is not installed; install mechgrok[llc]")

D = 40


def coefficient(loss, start: torch.Tensor, sampler: Sampler) -> float:
    initial = float(loss({"w.w": start}))
    found = langevin.sample(loss, {"w.w": start}, sampler)
    assert found.shape == (sampler.chains, sampler.draws)
    return float(langevin.learning_coefficients(found, initial, sampler.n_beta).mean())


def test_a_regular_model_has_half_its_dimension() -> None:
    """L = .7 + |w - w_0|^2 h / 2: with kappa = n_beta h + gamma the chain's variance is 1 / (kappa (1 - epsilon kappa / 4)), so
    LLC = d / 2 * n_beta h / (kappa (1 - epsilon kappa / 4)), d / 2 for gamma and epsilon towards 0."""
    h, start = 2.0, torch.linspace(-1, 1, D, dtype=torch.float64)
    sampler = Sampler(epsilon=2e-3, n_beta=200.0, gamma=1.0, chains=2, draws=800, burn_in=60, seed=0)
    kappa = sampler.n_beta * h + sampler.gamma
    exact = D / 2 * sampler.n_beta * h / (kappa * (1 - sampler.epsilon * kappa / 4))
    assert exact == pytest.approx(25, abs=0.1)  # this epsilon is coarse, so that the draws are nearly independent
    found = coefficient(lambda weights: 0.7 + h * (weights["w.w"] - start).square().sum() / 2, start, sampler)
    assert found == pytest.approx(exact, rel=0.03)


def test_a_fine_step_comes_to_half_the_dimension() -> None:
    start = torch.zeros(D, dtype=torch.float64)
    sampler = Sampler(epsilon=2e-4, n_beta=200.0, gamma=1.0, chains=2, draws=1200, burn_in=200, seed=0)
    assert coefficient(lambda weights: weights["w.w"].square().sum(), start, sampler) == pytest.approx(D / 2, rel=0.06)


@pytest.mark.long
def test_a_singular_model_has_less() -> None:
    """L = sum w^4: learning coefficient d / 4, which a count of parameters or of curvature (0 here) would miss."""
    start = torch.zeros(D, dtype=torch.float64)
    sampler = Sampler(epsilon=5e-3, n_beta=100.0, gamma=1e-3, chains=2, draws=1500, burn_in=300, seed=0)
    assert coefficient(lambda weights: weights["w.w"].pow(4).sum(), start, sampler) == pytest.approx(D / 4, rel=0.08)


@pytest.mark.long
def test_directions_without_effect_count_nothing() -> None:
    """A rank-one model of D dimensions: L = |P (w - w_0)|^2 with P of rank D / 4."""
    start = torch.zeros(D, dtype=torch.float64)
    sampler = Sampler(epsilon=5e-4, n_beta=200.0, gamma=1.0, chains=2, draws=1200, burn_in=200, seed=0)
    found = coefficient(lambda weights: weights["w.w"][: D // 4].square().sum(), start, sampler)
    assert found == pytest.approx(D / 8, rel=0.12)


def test_the_burn_in_does_not_count() -> None:
    """Without noise to speak of the chain falls from a slope: losses are those after the burn-in, in order."""
    sampler = Sampler(epsilon=0.1, n_beta=1e6, gamma=0.0, chains=1, draws=3, burn_in=4, seed=0)
    found = langevin.sample(lambda weights: 1e-6 * weights["w"].sum(), {"w": torch.zeros(1, dtype=torch.float64)}, sampler)
    quiet = Sampler(epsilon=0.1, n_beta=1e6, gamma=0.0, chains=1, draws=7, burn_in=0, seed=0)
    whole = langevin.sample(lambda weights: 1e-6 * weights["w"].sum(), {"w": torch.zeros(1, dtype=torch.float64)}, quiet)
    assert found[0].tolist() == whole[0, 4:].tolist()
    assert whole[0, 0] == 0


def test_a_chain_that_runs_away_is_not_a_number() -> None:
    start = torch.ones(3, dtype=torch.float64)
    sampler = Sampler(epsilon=10.0, n_beta=1e3, gamma=1.0, chains=1, draws=200, burn_in=0, seed=0)
    found = langevin.sample(lambda weights: weights["w"].pow(4).sum(), {"w": start}, sampler)
    assert found[0, -1].isnan()
    assert langevin.learning_coefficients(found, 3.0, 1e3).isnan().all()


def test_it_repeats_and_leaves_weights_and_random_numbers_alone(capsys: pytest.CaptureFixture[str]) -> None:
    start = torch.ones(3, dtype=torch.float64)
    sampler = Sampler(epsilon=1e-3, n_beta=10.0, gamma=1.0, chains=2, draws=5, burn_in=0, seed=7)
    state = torch.random.get_rng_state()
    first, second = (langevin.sample(lambda weights: weights["a.w"].square().sum(), {"a.w": start}, sampler) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(start, torch.ones(3, dtype=torch.float64))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not first.requires_grad
    assert capsys.readouterr().err == ""


def test_parameters_of_a_network_are_sampled_like_plain_tensors() -> None:
    """By epsilon n_beta / 2 = .5 a step down a slope of 1, with noise of 1e-3 a step; the network's own gradient stays empty."""
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    sampler = Sampler(epsilon=1e-6, n_beta=1e6, gamma=0.0, chains=1, draws=5, burn_in=0, seed=0)
    found = langevin.sample(lambda weights: weights["w"].sum(), {"w": weight}, sampler)
    assert found[0].tolist() == pytest.approx([0, -0.5, -1, -1.5, -2], abs=0.02)
    assert weight.grad is None


class TestSplitRHat:
    def test_formula(self) -> None:
        """Halves (1, 3) and (1, 3), (5, 7) and (5, 7): W = 2, the halves' means 2, 2, 6, 6, so B = 2 * 16 / 3."""
        draws = torch.tensor([[1.0, 3.0, 1.0, 3.0], [5.0, 7.0, 5.0, 7.0]], dtype=torch.float64)
        assert langevin.split_r_hat(draws) == pytest.approx(math.sqrt((0.5 * 2 + 16 / 3) / 2), rel=1e-14)

    def test_chains_that_agree_are_near_one_and_drifting_ones_are_not(self) -> None:
        draw = torch.Generator().manual_seed(0)
        noise = torch.randn(4, 1000, generator=draw, dtype=torch.float64)
        assert langevin.split_r_hat(noise) == pytest.approx(1, abs=0.01)
        assert langevin.split_r_hat(noise + torch.linspace(0, 4, 1000, dtype=torch.float64)) > 1.3

    def test_it_says_nothing_of_too_few_or_equal_draws(self) -> None:
        assert math.isnan(langevin.split_r_hat(torch.zeros(2, 3)))
        assert math.isnan(langevin.split_r_hat(torch.zeros(2, 10)))


def test_what_is_here_is_seen() -> None:
    assert langevin.installed()


def test_r_hat_leaves_the_middle_of_an_odd_chain_out() -> None:
    draws = torch.randn(3, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert langevin.split_r_hat(draws) == pytest.approx(langevin.split_r_hat(draws[:, [0, 1, 2, 3, 5, 6, 7, 8]]), rel=1e-12)
