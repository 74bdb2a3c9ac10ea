"""Responses from sampled losses: closed forms of a quadratic valley, and the library's own estimators on the same draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mechgrok.maths.landscape import langevin, responses

D = 40


@pytest.mark.parametrize(("h", "k"), [(2.0, 5.0), (2.0, 0.5), (2.0, 2.0)])
def test_susceptibility_of_a_quadratic_valley(h: float, k: float) -> None:
    """L = h |u|^2 / 2, l = k |u|^2 / 2, u with variance s^2 a coordinate: -Cov(L, l - L) = -D h (k - h) s^4 / 2."""
    pytest.importorskip("devinterp", reason="devinterp is not installed; install mechgrok[llc]")
    sampler = langevin.Sampler(epsilon=2e-3, n_beta=200.0, gamma=1.0, chains=4, draws=3000, burn_in=60, seed=0)
    kappa = sampler.n_beta * h + sampler.gamma
    variance = 1 / (kappa * (1 - sampler.epsilon * kappa / 4))
    square = lambda weights: weights["w"].square().sum() / 2  # noqa: E731
    both = lambda weights: torch.stack([h * square(weights), k * square(weights)])  # noqa: E731
    start = {"w": torch.zeros(D, dtype=torch.float64)}
    train, probe = langevin.sample(lambda weights: h * square(weights), start, sampler, both).unbind(-1)
    found = responses.susceptibility(train, train, probe, float((train - probe).mean())).mean()
    assert float(found) == pytest.approx(-D * h * (k - h) * variance**2 / 2, rel=0.06, abs=1e-12)


def test_it_is_minus_the_covariance_where_both_means_are_of_the_same_draws() -> None:
    draw = torch.Generator().manual_seed(0)
    train, probe = torch.rand(2, 1, 50, generator=draw, dtype=torch.float64)
    rise = train - 0.3
    expected = -np.cov(rise[0], (probe - train)[0], bias=True)[0, 1]
    assert responses.susceptibility(rise, train, probe, float((train - probe).mean())).tolist() == pytest.approx([expected], rel=1e-10)


@pytest.mark.long
def test_the_library_estimates_the_same_from_the_same_draws() -> None:
    """Full draws and draws of one component (2 chains, 7 draws), one token a row, five rows a split."""
    xr = pytest.importorskip("xarray", reason="xarray comes with devinterp; install mechgrok[llc]")
    from devinterp.slt.susceptibilities import compute_susceptibilities

    draw = torch.Generator().manual_seed(1)
    train, probe, all_train, all_probe = torch.rand(4, 2, 7, 5, generator=draw, dtype=torch.float64)

    def tree(train: torch.Tensor, probe: torch.Tensor) -> object:
        found = {"init_loss": ("batch_train", np.full(5, 0.25))}
        for name, losses in {"train": train, "probe": probe}.items():
            found[f"loss_{name}"] = (("chain", "draw", f"batch_{name}", "token_pos"), losses[..., None].numpy())
            found[f"input_ids_{name}"] = ((f"batch_{name}", "position"), np.zeros((5, 2)))
        return xr.DataTree(xr.Dataset(found))

    theirs = compute_susceptibilities({"full": tree(all_train, all_probe), "C": tree(train, probe)}, "train")
    mean = theirs["/susceptibilities"]["sus"].to_numpy().mean()
    inner, outer = train.mean(-1), all_train.mean(-1)
    ours = responses.susceptibility(inner - 0.25, inner, probe.mean(-1), float((outer - all_probe.mean(-1)).mean()))
    assert float(ours.mean()) == pytest.approx(mean, rel=1e-10)


def test_correlation_of_linear_losses_is_the_cosine_of_their_slopes() -> None:
    slopes = torch.tensor([[3.0, 0.0], [3.0, 4.0], [-4.0, 3.0]], dtype=torch.float64)
    steps = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
    losses = 5 + steps @ slopes.T
    found = responses.correlations(losses, losses)
    assert torch.allclose(found, torch.tensor([[1, 0.6, -0.8], [0.6, 1, 0], [-0.8, 0, 1]], dtype=torch.float64), atol=1e-14)


@pytest.mark.long
def test_correlations_are_those_of_the_library() -> None:
    covariance = pytest.importorskip("devinterp.slt.covariance", reason="devinterp is not installed; install mechgrok[llc]")
    table = torch.rand(9, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    theirs = covariance.batch_corrcoef(table.T[None], table.T[None])[0, 0, :6, 6:]
    assert torch.allclose(responses.correlations(table, table).fill_diagonal_(1), theirs, atol=1e-12)


def test_a_constant_column_has_no_correlation() -> None:
    table = torch.tensor([[0.1, 1.0], [0.1, 2.0], [0.1, 4.0]], dtype=torch.float64)
    found = responses.correlations(table, table)
    assert found[0].isnan().all()
    assert math.isclose(float(found[1, 1]), 1)
