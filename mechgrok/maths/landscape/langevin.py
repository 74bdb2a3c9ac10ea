"""Sampling around a trained network, with the library devinterp, and the local learning coefficient from the sampled losses."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

OfWeights = Callable[[Mapping[str, Tensor]], Tensor]


@dataclass(frozen=True)
class Sampler:
    """Stochastic-gradient Langevin dynamics with all the data in every gradient.

    w' = w - epsilon / 2 (n_beta grad L(w) + gamma (w - w_0)) + N(0, epsilon).

    Attributes
    ----------
    epsilon : float
        Step size.
    n_beta : float
        Number of rows times inverse temperature.
    gamma : float
        Strength of the pull towards w_0.
    chains : int
    draws : int
        Of each chain, after the burn-in.
    burn_in : int
        Steps of each chain that are discarded.
    seed : int
        Of the first chain; the next chains have the next seeds.

    References
    ----------
    Lau et al. 2023 (arXiv 2308.12108), section 4.
    """

    epsilon: float
    n_beta: float
    gamma: float
    chains: int
    draws: int
    burn_in: int
    seed: int


def installed() -> bool:
    """Whether devinterp is installed.

    Returns
    -------
    bool

    Examples
    --------
    >>> installed() in (True, False)
    True
    """
    return importlib.util.find_spec("devinterp") is not None


def sample(loss: OfWeights, weights: Mapping[str, Tensor], sampler: Sampler, observed: OfWeights | None = None) -> Tensor:
    """What is observed at every draw of all chains after the burn-in.

    Parameters
    ----------
    loss : callable
        From weights by name to a differentiable loss, a scalar Tensor.
    weights : mapping of str to Tensor
        w_0, which is not changed.
    sampler : Sampler
    observed : callable, optional
        From weights by name to a Tensor of any shape; by default the loss.

    Returns
    -------
    Tensor (chain, draw, ...)
        Float64; NaN from the draw on at which a chain diverged.

    Examples
    --------
    With a step size so small that the weight stays at 2, every draw has the loss 4.

    >>> sampler = Sampler(epsilon=1e-30, n_beta=2.0, gamma=0.0, chains=2, draws=3, burn_in=1, seed=0)
    >>> if installed():
    ...     losses = sample(lambda weights: weights["w"].square().sum(), {"w": torch.tensor([2.0])}, sampler)
    ...     assert losses.round(decimals=6).tolist() == [[4.0] * 3] * 2
    """
    return torch.stack([_chain(loss, weights, sampler, observed, chain) for chain in range(sampler.chains)])


def learning_coefficients(losses: Tensor, initial: float, n_beta: float) -> Tensor:
    """n_beta (mean loss of a chain - loss at w_0), for each chain.

    Parameters
    ----------
    losses : Tensor (chain, draw)
        As from `sample`.
    initial : float
        The loss at w_0.
    n_beta : float
        As in the sampler.

    Returns
    -------
    Tensor (chain,)
        NaN for a chain that diverged.

    References
    ----------
    Lau et al. 2023 (arXiv 2308.12108), definition 1.

    Examples
    --------
    >>> learning_coefficients(torch.tensor([[1.0, 3.0], [2.0, 5.0]]), 1.0, 10.0).tolist()
    [10.0, 25.0]
    """
    return n_beta * (losses.mean(1) - initial)


def split_r_hat(draws: Tensor) -> float:
    """Potential scale reduction of chains, each cut in two, sqrt(((n - 1) / n W + B / n) / W).

    Near 1 where the chains agree.

    Parameters
    ----------
    draws : Tensor (chain, draw)

    Returns
    -------
    float
        NaN for fewer than four draws, or constant ones.

    References
    ----------
    Gelman et al. 2013, "Bayesian data analysis", section 11.4.

    Examples
    --------
    Halves (0, 2) and (4, 6): n = 2, W = 2, B = 2 * 8, so (1 + 8) / 2.

    >>> round(split_r_hat(torch.tensor([[0.0, 2.0, 4.0, 6.0]], dtype=torch.float64)) ** 2, 9)
    4.5
    """
    n = draws.shape[1] // 2
    if n < 2:
        return float("nan")
    halves = torch.cat([draws[:, :n], draws[:, -n:]])
    within, between = float(halves.var(1).mean()), n * float(halves.mean(1).var())
    return math.sqrt(((n - 1) / n * within + between / n) / within) if within > 0 else float("nan")


def _chain(loss: OfWeights, weights: Mapping[str, Tensor], sampler: Sampler, observed: OfWeights | None, chain: int) -> Tensor:
    """What is observed along one chain (draw, ...). The library's own loop counts the burn-in as draws, so only its optimiser is used."""
    from devinterp.optim import SGMCMC  # type: ignore[import-untyped]

    current = {name: tensor.detach().clone().requires_grad_() for name, tensor in weights.items()}
    step = SGMCMC.sgld(list(current.values()), lr=sampler.epsilon, nbeta=sampler.n_beta, localization=sampler.gamma)
    noise = torch.Generator().manual_seed(sampler.seed + chain)
    seen: list[Tensor] = []
    for i in range(sampler.burn_in + sampler.draws):
        value = loss(current)
        if not value.isfinite():
            break
        if i >= sampler.burn_in:
            seen.append(_seen(value, observed, current))
        value.backward()
        step.step(noise_generator=noise)
        step.zero_grad()
    shape = seen[0].shape if seen else _seen(loss(weights), observed, weights).shape
    return torch.stack([*seen, *[torch.full(shape, math.nan, dtype=torch.float64)] * (sampler.draws - len(seen))])


@torch.no_grad()
def _seen(loss: Tensor, observed: OfWeights | None, weights: Mapping[str, Tensor]) -> Tensor:
    return loss.detach().double() if observed is None else observed(weights).detach().double()
