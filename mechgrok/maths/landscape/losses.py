"""Losses of logits. Cross-entropy is from a float64 log-softmax: in float32 it is quantised at 1.2e-7 and makes spikes of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, labels: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """Mean over the batch of log sum_c exp(logits_c) - logits_label, in nats, computed in `dtype`.

    logits (batch, classes), labels (batch,). The gradient (softmax - onehot) / batch is rounded to the logits' dtype.
    It can be differentiated once; for second derivatives take the mean of `per_example`.
    """
    loss: Tensor = _CrossEntropy.apply(logits, labels.unsqueeze(1), dtype)
    return loss


def per_example(logits: Tensor, labels: Tensor) -> Tensor:
    """log sum_c exp(logits_c) - logits_label for every row, in nats, float64: (batch, classes) and (batch,) -> (batch,)."""
    return -torch.log_softmax(logits, dim=-1, dtype=torch.float64).gather(1, labels.unsqueeze(1)).squeeze(1)


def per_label(logits: Tensor) -> Tensor:
    """log sum_c exp(logits_c) - logits_label for every possible label, in nats, float64, same shape (..., classes)."""
    return -torch.log_softmax(logits, dim=-1, dtype=torch.float64)


def stablemax_cross_entropy(logits: Tensor, labels: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """Mean over the batch of log sum_c s(logits_c) - log s(logits_label), in nats, computed in `dtype`.

    s(x) = x + 1 for x >= 0 and 1 / (1 - x) below takes the place of exp: it never overflows nor absorbs (Prieto et al. 2025,
    arXiv 2501.04697, section 4). logits (batch, classes), labels (batch,).
    """
    x = logits.to(dtype)
    # Where a logit is exactly 0 its slope, 1, has to come from one of the two: clamp passes it on there, relu does not.
    up, down = x.clamp(min=0), torch.relu(-x)
    at_label = (up.log1p() - down.log1p()).gather(1, labels.unsqueeze(1)).squeeze(1)
    return (((1 + up) / (1 + down)).sum(1).log() - at_label).mean()


def mean_squared_error(logits: Tensor, labels: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """Mean over batch and classes of (logits - onehot(labels))^2, computed in `dtype`: (batch, classes) and (batch,) -> scalar."""
    onehot = torch.nn.functional.one_hot(labels, logits.shape[1]).to(dtype)
    return (logits.to(dtype) - onehot).square().mean()


class _CrossEntropy(torch.autograd.Function):
    """One exponential an entry where autograd takes two, and no copy beside the probabilities."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, column: Tensor, dtype: torch.dtype) -> Tensor:
        shifted = logits.to(dtype, copy=True)
        shifted -= shifted.amax(dim=-1, keepdim=True)
        at_label = shifted.gather(1, column)
        total = shifted.exp_().sum(dim=-1, keepdim=True)
        ctx.save_for_backward(shifted.div_(total), column)
        ctx.logits_dtype = logits.dtype
        return (total.log() - at_label).mean()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        if torch.is_grad_enabled():
            raise RuntimeError("cross_entropy can be differentiated once; take the mean of per_example for second derivatives")
        probabilities, column = ctx.saved_tensors
        at_label = probabilities.gather(1, column) - 1
        gradient = probabilities.to(ctx.logits_dtype, copy=True).scatter_(1, column, at_label.to(ctx.logits_dtype))
        return gradient.mul_((gradients[0] / len(column)).to(ctx.logits_dtype)), None, None
