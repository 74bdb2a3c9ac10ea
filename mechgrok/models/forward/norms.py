"""Normalisation over d_model, of the kind that a shape names."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from mechgrok.models.forward.notes import Note, unseen
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights


def normalised(weights: Weights, shape: Shape, name: str, x: Tensor, note: Note = unseen) -> Tensor:
    """(x - mean) / sqrt(var + eps) w + b, or x / sqrt(mean x^2 + eps) w, with those of w and b that there are."""
    weight, bias = weights.get(f"{name}.w"), weights.get(f"{name}.b")
    if note is unseen and shape.normalization in ("LN", "LNPre", "post"):
        return F.layer_norm(x, x.shape[-1:], weight, bias, shape.eps)
    if note is unseen and shape.normalization in ("RMS", "RMSPre", "postRMS"):
        return F.rms_norm(x, x.shape[-1:], weight, shape.eps)
    return _in_steps(weight, bias, shape, name, x, note)


def _in_steps(weight: Tensor | None, bias: Tensor | None, shape: Shape, name: str, x: Tensor, note: Note) -> Tensor:
    """The same, with the divisor and the quotient noted; post-unbiased adds eps to the root of the sum over d_model - 1."""
    if "RMS" not in str(shape.normalization):
        x = x - x.mean(-1, keepdim=True)
    unbiased = shape.normalization == "post-unbiased"
    scale = x.std(-1, keepdim=True) + shape.eps if unbiased else (x.square().mean(-1, keepdim=True) + shape.eps).sqrt()
    x = note(f"{name}.hook_normalized", x / note(f"{name}.hook_scale", scale))
    x = x if weight is None else x * weight
    return x if bias is None else x + bias
