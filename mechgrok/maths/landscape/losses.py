"""Losses of logits. Cross-entropy uses a float64 log-softmax: in float32 it is quantised at 1.2e-7, which causes spikes in training."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, labels: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """Mean over the batch of log sum_c exp(logits_c) - logits_label.

    The gradient (softmax - onehot) / batch is rounded to the dtype of the logits. It can be differentiated once; for second derivatives
    take the mean of `per_example`.

    Parameters
    ----------
    logits : Tensor (..., batch, classes)
    labels : Tensor (..., batch)
    dtype : torch.dtype, default float64
        The precision of the computation.

    Returns
    -------
    Tensor (...)
        Nats.

    Examples
    --------
    Two equal logits cost log 2.

    >>> round(cross_entropy(torch.zeros(1, 2), torch.tensor([0])).item(), 6)
    0.693147
    """
    loss: Tensor = _CrossEntropy.apply(logits, labels.unsqueeze(-1), dtype)
    return loss


def per_example(logits: Tensor, labels: Tensor) -> Tensor:
    """log sum_c exp(logits_c) - logits_label of every row.

    Parameters
    ----------
    logits : Tensor (batch, classes)
    labels : Tensor (batch,)

    Returns
    -------
    Tensor (batch,)
        Nats, float64.

    Examples
    --------
    Two and four equal logits cost log 2 and log 4.

    >>> logits = torch.tensor([[0.0, 0.0, -torch.inf, -torch.inf], [0.0, 0.0, 0.0, 0.0]])
    >>> per_example(logits, torch.tensor([0, 3])).exp().round(decimals=9).tolist()
    [2.0, 4.0]
    """
    return -torch.log_softmax(logits, dim=-1, dtype=torch.float64).gather(1, labels.unsqueeze(1)).squeeze(1)


def collapsed(logits: Tensor) -> Tensor:
    """Whether sum_c exp(logits_c - max logits) is exactly 1 in float32: the largest term absorbs all others.

    The sum is that of PyTorch on the machine that computes it.

    Parameters
    ----------
    logits : Tensor (batch, classes)
        Rounded to float32 first.

    Returns
    -------
    Tensor (batch,) of bool

    References
    ----------
    Prieto et al. 2025 (arXiv 2501.04697), section 3.

    Examples
    --------
    exp(-20) is 2e-9, and float32 resolves 1.2e-7 above 1.

    >>> collapsed(torch.tensor([[20.0, 0.0], [10.0, 0.0]])).tolist()
    [True, False]
    """
    # Chunks of rows are faster.
    return torch.cat([_collapsed(rows.float()) for rows in logits.split(512)])


def _collapsed(logits: Tensor) -> Tensor:
    # exp(-80) is far below what float32 can add to 1; beyond exp(-87) come subnormal numbers, which take ten times as long.
    return (logits - logits.amax(1, keepdim=True)).clamp_(min=-80).exp_().sum(1) == 1


def per_label(logits: Tensor) -> Tensor:
    """log sum_c exp(logits_c) - logits_label for every possible label.

    Parameters
    ----------
    logits : Tensor (..., classes)

    Returns
    -------
    Tensor (..., classes)
        Nats, float64.

    Examples
    --------
    Probabilities 3/4 and 1/4.

    >>> per_label(torch.tensor([3.0, 1.0], dtype=torch.float64).log()).neg().exp().round(decimals=9).tolist()
    [0.75, 0.25]
    """
    return -torch.log_softmax(logits, dim=-1, dtype=torch.float64)


def stablemax_cross_entropy(logits: Tensor, labels: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """Mean over the batch of log sum_c s(logits_c) - log s(logits_label), with s(x) = x + 1 for x >= 0 and 1 / (1 - x) below.

    s takes the place of exp; it neither overflows nor absorbs small terms.

    Parameters
    ----------
    logits : Tensor (batch, classes)
    labels : Tensor (batch,)
    dtype : torch.dtype, default float64
        The precision of the computation.

    Returns
    -------
    Tensor ()
        Nats.

    References
    ----------
    Prieto et al. 2025 (arXiv 2501.04697), section 4.

    Examples
    --------
    s(2) = 3 and s(0) = 1: log 4 - log 3.

    >>> round(stablemax_cross_entropy(torch.tensor([[2.0, 0.0]]), torch.tensor([0])).exp().item() * 3, 9)
    4.0
    """
    x = logits.to(dtype)
    # Where a logit is exactly 0 its slope, 1, must come from exactly one of the two: clamp has slope 1 there, relu 0.
    up, down = x.clamp(min=0), torch.relu(-x)
    at_label = (up.log1p() - down.log1p()).gather(1, labels.unsqueeze(1)).squeeze(1)
    return (((1 + up) / (1 + down)).sum(1).log() - at_label).mean()


def mean_squared_error(logits: Tensor, labels: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """Mean over batch and classes of (logits - onehot(labels))^2.

    Parameters
    ----------
    logits : Tensor (batch, classes)
    labels : Tensor (batch,)
    dtype : torch.dtype, default float64
        The precision of the computation.

    Returns
    -------
    Tensor ()

    Examples
    --------
    ((3 - 1)^2 + 0^2) / 2.

    >>> mean_squared_error(torch.tensor([[3.0, 0.0]]), torch.tensor([0])).item()
    2.0
    """
    onehot = torch.nn.functional.one_hot(labels, logits.shape[1]).to(dtype)
    return (logits.to(dtype) - onehot).square().mean()


class _CrossEntropy(torch.autograd.Function):
    """Cross-entropy with one exponential for each entry, where autograd needs two, and no copy but the probabilities."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, column: Tensor, dtype: torch.dtype) -> Tensor:
        shifted = logits.to(dtype, copy=True)
        shifted -= shifted.amax(dim=-1, keepdim=True)
        at_label = shifted.gather(-1, column)
        total = shifted.exp_().sum(dim=-1, keepdim=True)
        ctx.save_for_backward(shifted.div_(total), column)
        ctx.logits_dtype = logits.dtype
        return (total.log() - at_label).squeeze(-1).mean(-1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        if torch.is_grad_enabled():
            raise RuntimeError("cross_entropy can be differentiated once; take the mean of per_example for second derivatives")
        probabilities, column = ctx.saved_tensors
        at_label = probabilities.gather(-1, column) - 1
        gradient = probabilities.to(ctx.logits_dtype, copy=True).scatter_(-1, column, at_label.to(ctx.logits_dtype))
        return gradient.mul_((gradients[0] / column.shape[-2]).to(ctx.logits_dtype)[..., None, None]), None, None
