"""Clipping of the gradients of a stack, run by run."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch.nn import Parameter

_SMALL = 1e-6
"""Added to the norm, as in torch.nn.utils.clip_grad_norm_."""


def clip_by_run(parameters: Iterable[Parameter], most: float) -> None:
    """Scales the gradients (runs, ...) of each run so that the L2 norm of all of its gradients as one vector is at most `most`."""
    gradients = [each.grad for each in parameters if each.grad is not None]
    norms = torch.stack([torch.linalg.vector_norm(each.flatten(1), dim=1) for each in gradients])
    factors = (most / (torch.linalg.vector_norm(norms, dim=0) + _SMALL)).clamp(max=1.0)
    for each in gradients:
        each.mul_(factors.view(-1, *[1] * (each.ndim - 1)))
