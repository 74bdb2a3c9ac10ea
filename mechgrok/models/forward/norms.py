"""LayerNorm over d_model, of the kind that a shape names."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights


def normalised(weights: Weights, shape: Shape, name: str, x: Tensor) -> Tensor:
    """(x - mean) / sqrt(var + eps) w + b, with those of w and b that there are."""
    weight, bias = weights.get(f"{name}.w"), weights.get(f"{name}.b")
    if shape.normalization != "post-unbiased":
        return F.layer_norm(x, x.shape[-1:], weight, bias, shape.eps)
    return unbiased(x, weight, bias, shape.eps)


def unbiased(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:
    """(x - mean) / (s + eps) w + b, with s^2 = sum (x - mean)^2 / (d_model - 1): eps stands outside the root."""
    x = (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias
