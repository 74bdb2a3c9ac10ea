"""Optimisers and learning rates from the config."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch.nn import Parameter

from mechgrok.config import AdamW, LinearWarmup


def build(config: AdamW, parameters: Iterable[Parameter]) -> torch.optim.Optimizer:
    """The optimiser of the parameters that are trained."""
    return torch.optim.AdamW(parameters, lr=config.lr, betas=config.betas, weight_decay=config.weight_decay, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, config: AdamW, schedule: LinearWarmup, step: int) -> None:
    """The learning rate of the update that follows `step` earlier ones."""
    for group in optimizer.param_groups:
        group["lr"] = config.lr * (min(step / schedule.steps, 1.0) if schedule.steps else 1.0)
