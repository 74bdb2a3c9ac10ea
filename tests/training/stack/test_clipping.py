"""Clipping run by run is torch's clipping of each run."""

from __future__ import annotations

import torch
from torch.nn import Parameter

from mechgrok.training.stack.clipping import clip_by_run


def test_each_run_is_clipped_by_its_own_norm() -> None:
    """The first run's gradients are large, the second's are small and stay."""
    draw = torch.Generator().manual_seed(0)
    shapes, sizes = ((3, 4), (5,)), torch.tensor([10.0, 1e-3])
    gradients = [torch.randn(2, *shape, generator=draw) * sizes.view(2, *[1] * len(shape)) for shape in shapes]
    stacked = [Parameter(torch.zeros_like(each)) for each in gradients]
    for parameter, gradient in zip(stacked, gradients, strict=True):
        parameter.grad = gradient.clone()
    clip_by_run(stacked, 1.0)
    for run in range(2):
        single = [Parameter(torch.zeros_like(each[run])) for each in gradients]
        for parameter, gradient in zip(single, gradients, strict=True):
            parameter.grad = gradient[run].clone()
        torch.nn.utils.clip_grad_norm_(single, 1.0)
        for found, expected in zip(stacked, single, strict=True):
            assert found.grad is not None
            assert torch.allclose(found.grad[run], expected.grad, rtol=1e-6)
    assert all(torch.equal(parameter.grad[1], gradient[1]) for parameter, gradient in zip(stacked, gradients, strict=True))
