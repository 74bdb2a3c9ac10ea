"""The end of a one-layer network without LayerNorm, from the heads' outputs to the logits, with its gradient written out.

Beside autograd it saves the passes over (batch, d_mlp) arrays that add biases and make gradients anew, and a product: W_out W_U is made
before it meets the batch, exact by associativity. W_O is not merged the same way: with its rounding elsewhere, training in float32 leaves
the trajectory of the published code.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights

KEPT = frozenset({"attn.hook_pattern", "attn.hook_z", "mlp.hook_post"})
"""The activations that this computation has; the residual stream is not among them."""


def applies(shape: Shape) -> bool:
    """Whether the end of a network is of this form."""
    plain = shape.normalization is None and shape.residual and shape.pooling == "last"
    return plain and not shape.attn_only and shape.activation == "relu" and not shape.gated


def is_cheaper(shape: Shape, size: int) -> bool:
    """Whether making W_out W_U first saves multiplications for a batch of that many rows."""
    return size * shape.d_mlp * (shape.d_model - shape.d_vocab_out) > shape.d_mlp * shape.d_model * shape.d_vocab_out


def logits(weights: Weights, shape: Shape, z: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (batch, d_vocab_out) and neurons (batch, d_mlp) of the last layer.

    z (batch, head * d_head) are the heads' outputs, residual (1, d_model) is the stream before the layer, the same for all rows. With
    mid = z W_O + b_O + residual: neurons = relu(mid W_in + b_in), logits = mid W_U + neurons (W_out W_U) + b_out W_U + b_U.
    """
    W_O = weights[f"{_layer(shape)}.attn.W_O"].flatten(0, 1)
    into, out = matrices(weights, shape)
    return end(z, constant(weights, shape, residual), W_O, into, out, readout(weights, shape))


def end(z: Tensor, constant: Tensor, W_O: Tensor, into: Tensor, out: Tensor, W_L: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and neurons from the heads' outputs and these matrices; each may have a leading axis of networks."""
    result: tuple[Tensor, Tensor] = _Tail.apply(z, constant, W_O, into, out, W_L)
    return result


def matrices(weights: Weights, shape: Shape) -> tuple[Tensor, Tensor]:
    """[W_in; b_in] (d_model + 1, d_mlp) and [W_U; b_out W_U + b_U] (d_model + 1, d_vocab_out)."""
    layer, W_U = _layer(shape), shape.unembedding(weights)
    b_out = weights.get(f"{layer}.mlp.b_out")
    into = _with_bias(weights[f"{layer}.mlp.W_in"], weights.get(f"{layer}.mlp.b_in"))
    return into, _with_bias(W_U, _sum(None if b_out is None else b_out @ W_U, weights.get("unembed.b_U")))


def constant(weights: Weights, shape: Shape, residual: Tensor) -> Tensor:
    """The residual stream before the layer with b_O (1, d_model)."""
    b_O = weights.get(f"{_layer(shape)}.attn.b_O")
    return residual if b_O is None else residual + b_O


def readout(weights: Weights, shape: Shape) -> Tensor:
    """W_out W_U (d_mlp, d_vocab_out)."""
    return weights[f"{_layer(shape)}.mlp.W_out"] @ shape.unembedding(weights)


def _layer(shape: Shape) -> str:
    return f"blocks.{shape.layers - 1}"


def _sum(x: Tensor | None, y: Tensor | None) -> Tensor | None:
    return y if x is None else x if y is None else x + y


def _with_bias(matrix: Tensor, bias: Tensor | None) -> Tensor:
    """The matrix with its bias as one more row, which meets a column of ones."""
    row = matrix.new_zeros(1, matrix.shape[1]) if bias is None else bias.unsqueeze(0)
    return torch.cat([matrix, row])


class _Tail(torch.autograd.Function):
    """mid = [z W_O + constant, 1]; neurons = relu(mid into); logits = mid out + neurons W_L. All may have a leading axis of networks."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, constant: Tensor, W_O: Tensor, into: Tensor, out: Tensor, W_L: Tensor) -> tuple[Tensor, Tensor]:
        mid = z.new_empty(*z.shape[:-1], into.shape[-2])
        torch.matmul(z, W_O, out=mid[..., :-1])
        mid[..., :-1] += constant
        mid[..., -1] = 1
        neurons = torch.matmul(mid, into).relu_()
        ctx.save_for_backward(z, W_O, into, out, W_L, mid, neurons)
        ctx.mark_non_differentiable(neurons)
        ctx.set_materialize_grads(False)
        return _add_product(torch.matmul(mid, out), neurons, W_L), neurons

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        z, W_O, into, out, W_L, mid, neurons = ctx.saved_tensors
        upstream = gradients[0]
        to_W_L = neurons.mT @ upstream
        to_pre = upstream @ W_L.mT
        torch.ops.aten.threshold_backward.grad_input(to_pre, neurons, 0, grad_input=to_pre)
        to_mid = _add_product(torch.matmul(upstream, out[..., :-1, :].mT), to_pre, into[..., :-1, :].mT)
        return to_mid @ W_O.mT, to_mid.sum(-2, keepdim=True), z.mT @ to_mid, mid.mT @ to_pre, mid.mT @ upstream, to_W_L


def _add_product(total: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """total + x y, in place."""
    return total.addmm_(x, y) if total.ndim == 2 else total.baddbmm_(x, y)
