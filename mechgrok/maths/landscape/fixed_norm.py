"""Gradient descent on the sphere of weights of one norm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


def descend_at_norm(
    loss: Callable[[Weights], Tensor], weights: Weights, norm: float, steps: int, rate: float
) -> Iterator[dict[str, Tensor]]:
    """The weights before the first step of Adam on a copy and after each, scaled to one norm each time.

    w <- N w / |w|, |w| over all weights; Adam with betas .9 and .98, without decay, on the gradient less its part along w. Without that,
    Adam would rest where w is along the signs of the gradient.

    Parameters
    ----------
    loss : callable
        From weights by name to a scalar.
    weights : mapping of str to Tensor
        Not all zero; they are not changed.
    norm : float
        N.
    steps : int
    rate : float
        The learning rate.

    Yields
    ------
    dict of str to Tensor
        The same tensors each time, which the next step changes.

    Examples
    --------
    The smallest -3 x - 4 y at norm 5 is at (3, 4).

    >>> slope, start = torch.tensor([3.0, 4.0]), {"w": torch.tensor([1.0, 0.0])}
    >>> *_, found = descend_at_norm(lambda weights: -weights["w"] @ slope, start, 5.0, 500, 0.01)
    >>> bool((found["w"] - slope).abs().max() < 0.02)
    True
    """
    copies = {name: tensor.detach().clone().requires_grad_() for name, tensor in weights.items()}
    optimiser = torch.optim.Adam(copies.values(), lr=rate, betas=(0.9, 0.98))
    _scale(copies, norm)
    for tensor in copies.values():
        tensor.grad = torch.zeros_like(tensor)
    found = {name: tensor.detach() for name, tensor in copies.items()}
    yield found
    for _ in range(steps):
        optimiser.zero_grad(set_to_none=False)
        loss(copies).backward()  # type: ignore[no-untyped-call]
        _remove_radial_part(copies)
        optimiser.step()
        _scale(copies, norm)
        yield found


@torch.no_grad()
def _remove_radial_part(weights: Weights) -> None:
    """g <- g - w <g, w> / |w|^2, over all weights."""
    pairs = [(tensor, tensor.grad) for tensor in weights.values() if tensor.grad is not None]
    along = sum((tensor * gradient).sum() for tensor, gradient in pairs) / sum(tensor.square().sum() for tensor, _ in pairs)
    for tensor, gradient in pairs:
        gradient -= along * tensor


@torch.no_grad()
def _scale(weights: Weights, norm: float) -> None:
    factor = norm / torch.stack([tensor.norm() for tensor in weights.values()]).norm()
    for tensor in weights.values():
        tensor.mul_(factor)
