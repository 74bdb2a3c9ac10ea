"""The end of a network without LayerNorm, with neighbouring matrices multiplied before they meet the batch: exact, and fewer products."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.models.attention import Weights

KEPT = frozenset({"attn.hook_pattern", "attn.hook_z", "mlp.hook_post"})
"""What this way of computing passes through; the residual stream is not among it."""


def pays(shape: Architecture, size: int) -> bool:
    """Whether merging saves multiplications for a batch of that many rows."""
    inner, out, model = shape.heads * shape.d_head, shape.d_vocab_out, shape.d_model
    neurons = 0 if shape.attn_only else shape.d_mlp
    apart = inner * model + 2 * model * neurons + model * out
    merged = inner * (neurons + out) + neurons * out
    once = model * (inner * (neurons + out) + neurons * out)
    return size * merged + once < size * apart


def logits(weights: Weights, shape: Architecture, z: Tensor, residual: Tensor) -> tuple[Tensor, Tensor | None]:
    """Logits (batch, d_vocab_out) and neurons (batch, d_mlp) of a last layer.

    z (batch, head * d_head) are the heads' outputs, residual (1, d_model) is the stream before the layer, the same for all rows. With
    r = residual + b_O: neurons = act(z W_O W_in + r W_in + b_in), logits = z W_O W_U + neurons W_out W_U + (r + b_out) W_U + b_U.
    """
    layer = f"blocks.{shape.layers - 1}"
    W_O, W_U = weights[f"{layer}.attn.W_O"].flatten(0, 1), weights["unembed.W_U"]
    constant = _plus(residual, weights.get(f"{layer}.attn.b_O"))
    if shape.attn_only:
        return torch.addmm(_plus(constant @ W_U, weights.get("unembed.b_U")), z, W_O @ W_U), None
    W_in, W_out = weights[f"{layer}.mlp.W_in"], weights[f"{layer}.mlp.W_out"]
    bias = _plus(constant @ W_in, weights.get(f"{layer}.mlp.b_in"))
    rest = _plus(_plus(constant, weights.get(f"{layer}.mlp.b_out")) @ W_U, weights.get("unembed.b_U"))
    result, post = _Neurons.apply(z, W_O @ W_in, bias, W_out @ W_U, W_O @ W_U, rest, shape.activation)
    return result, post


def _plus(x: Tensor, bias: Tensor | None) -> Tensor:
    return x if bias is None else x + bias


class _Neurons(torch.autograd.Function):
    """act(z into + bias) out + z past + rest, and act(z into + bias). By hand: autograd fills one more array as large as the neurons."""

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, into: Tensor, bias: Tensor, out: Tensor, past: Tensor, rest: Tensor, activation: str
    ) -> tuple[Tensor, Tensor]:
        pre = torch.addmm(bias, z, into)
        post = pre.relu_() if activation == "relu" else F.gelu(pre)
        ctx.save_for_backward(z, into, out, past, pre, post)
        ctx.relu = activation == "relu"
        ctx.set_materialize_grads(False)
        return torch.addmm(rest, z, past).addmm_(post, out), post

    @staticmethod
    def backward(ctx: Any, logits: Tensor | None, neurons: Tensor | None) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError("the fast forward pass can be differentiated once; take the HookedTransformer for second derivatives")
        z, into, out, past, pre, post = ctx.saved_tensors
        logits = z.new_zeros(len(z), out.shape[1]) if logits is None else logits
        inner = logits @ out.T
        if neurons is not None:
            inner += neurons
        _through_activation(inner, pre, post, ctx.relu)
        to_z = (inner @ into.T).addmm_(logits, past.T)
        return to_z, z.T @ inner, inner.sum(0, keepdim=True), post.T @ logits, z.T @ logits, logits.sum(0, keepdim=True), None


def _through_activation(gradient: Tensor, pre: Tensor, post: Tensor, relu: bool) -> None:
    """Turns the gradient of the neurons into that of their input, in place."""
    if relu:
        torch.ops.aten.threshold_backward.grad_input(gradient, post, 0, grad_input=gradient)
    else:
        torch.ops.aten.gelu_backward.grad_input(gradient, pre, grad_input=gradient)
