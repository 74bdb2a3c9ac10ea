"""Sampling around a trained network, through the library devinterp, and the local learning coefficient from the losses seen."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

Loss = Callable[[Mapping[str, Tensor]], Tensor]


@dataclass(frozen=True)
class Sampler:
    """Stochastic-gradient Langevin dynamics with all the data in every gradient.

    w' = w - epsilon / 2 (n_beta grad L(w) + gamma (w - w_0)) + N(0, epsilon). Lau et al. 2023 (arXiv 2308.12108), section 4.
    """

    epsilon: float
    n_beta: float
    gamma: float
    chains: int
    draws: int
    burn_in: int
    seed: int


def installed() -> bool:
    """Whether devinterp is there."""
    return importlib.util.find_spec("devinterp") is not None


def sample(loss: Loss, weights: Mapping[str, Tensor], sampler: Sampler) -> Tensor:
    """The loss at every draw after the burn-in (chain, draw), float64; NaN from where a chain ran away. The weights stay as they are."""
    return torch.stack([_chain(loss, weights, sampler, chain) for chain in range(sampler.chains)])


def learning_coefficients(losses: Tensor, initial: float, n_beta: float) -> Tensor:
    """n_beta (mean loss of a chain - loss at w_0) for each chain (chain,). Lau et al. 2023, definition 1."""
    return n_beta * (losses.mean(1) - initial)


def split_r_hat(draws: Tensor) -> float:
    """Potential scale reduction of chains (chain, draw), each cut in two: sqrt(((n - 1) / n W + B / n) / W).

    Gelman et al. 2013, Bayesian Data Analysis, section 11.4: near 1 where the chains agree.
    NaN for fewer than four draws, or constant ones.
    """
    n = draws.shape[1] // 2
    if n < 2:
        return float("nan")
    halves = torch.cat([draws[:, :n], draws[:, -n:]])
    within, between = float(halves.var(1).mean()), n * float(halves.mean(1).var())
    return math.sqrt(((n - 1) / n * within + between / n) / within) if within > 0 else float("nan")


def _chain(loss: Loss, weights: Mapping[str, Tensor], sampler: Sampler, chain: int) -> Tensor:
    """The losses of one chain (draw,). The library's own loop counts the burn-in among the draws, so only its step is used."""
    from devinterp.optim import SGMCMC  # type: ignore[import-untyped]

    current = {name: tensor.detach().clone().requires_grad_() for name, tensor in weights.items()}
    step = SGMCMC.sgld(list(current.values()), lr=sampler.epsilon, nbeta=sampler.n_beta, localization=sampler.gamma)
    noise = torch.Generator().manual_seed(sampler.seed + chain)
    seen = torch.full((sampler.burn_in + sampler.draws,), math.nan, dtype=torch.float64)
    for i in range(len(seen)):
        value = loss(current)
        if not value.isfinite():
            break
        seen[i] = value.detach()
        value.backward()
        step.step(noise_generator=noise)
        step.zero_grad()
    return seen[sampler.burn_in :]
