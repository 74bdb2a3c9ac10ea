"""The end of a one-layer network without LayerNorm on a whole square of rows (a, b, the same token in every row), without gradients.

At the last position every head gives a mixture of three vectors: one of a, one of b, one of the last token. Their products with W_O,
W_in and W_U are computed for each token once; a row then costs a few multiplications a neuron instead of two products of d_model. The
result is exact but for rounding. Rows are computed in blocks that fit into the cache.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mechgrok.models.forward import tail
from mechgrok.models.forward.attention import project
from mechgrok.models.forward.tables import Batch
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights

KEPT = frozenset({"attn.hook_pattern", "mlp.hook_post"})
"""The activations that this computation has."""
_ROWS_AT_ONCE = 512


def applies(shape: Shape, batch: Batch) -> bool:
    """Whether the rows are such a square, the network is of this form and has few classes, and no gradient is recorded."""
    fits = batch.square and shape.layers == 1 and not shape.registers and tail.applies(shape) and not torch.is_grad_enabled()
    return fits and _is_cheaper(shape)


def _is_cheaper(shape: Shape) -> bool:
    """Whether a row takes fewer multiplications from the neurons straight to the logits than through the residual stream."""
    return shape.d_mlp * shape.d_vocab_out < shape.d_model * (shape.d_model + 2 * shape.d_mlp + shape.d_vocab_out)


def logits(weights: Weights, shape: Shape, x: Tensor, pattern: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Logits (batch, d_vocab_out) and neurons (batch, d_mlp), from the residual stream before the layer and the attention pattern.

    x (entering rows, d_model) is that of the batch's tokens, pattern (pos, batch, head) what the last position attends with.
    pre(a, b) = constant + sum over heads of pattern_a U_a + pattern_b U_b + pattern_= U_=, U_t = v_t W_O [W_in, W_U] for the value v_t of a
    token in a head; neurons = relu of its first d_mlp entries, logits = the others + neurons (W_out W_U).
    """
    into, out = tail.matrices(weights, shape)
    onward = torch.cat([into, out], 1)
    of_a, of_b, own = _through_heads(weights, shape, x, onward[:-1]).split(batch.first.entering)
    constant = tail.constant(weights, shape, x[-1:]) @ onward[:-1] + onward[-1:]
    to_a, to_b, to_own = pattern.unflatten(1, (len(of_a), len(of_b)))
    shared = torch.cat([of_a, own.expand(len(of_a), -1, -1)], 1)
    W_L = tail.readout(weights, shape)
    result, neurons = x.new_empty(batch.size, W_L.shape[1]), x.new_empty(batch.size, len(W_L))
    at_once = max(1, _ROWS_AT_ONCE // len(of_b))
    blocks = zip(*(part.split(at_once) for part in (torch.cat([to_a, to_own], 2), to_b, shared)), strict=True)
    rows = zip(*(part.split(at_once * len(of_b)) for part in (result, neurons)), strict=True)
    for (alone, crossed, tables), (logits_here, neurons_here) in zip(blocks, rows, strict=True):
        pre = torch.baddbmm(constant.expand(len(alone), len(of_b), -1), alone, tables)
        for head in range(shape.heads):
            pre.addcmul_(crossed[:, :, head, None], of_b[:, head])
        pre = pre.flatten(0, 1)
        torch.clamp(pre[:, : len(W_L)], min=0, out=neurons_here)
        torch.addmm(pre[:, len(W_L) :], neurons_here, W_L, out=logits_here)
    return result, neurons


def _through_heads(weights: Weights, shape: Shape, x: Tensor, onward: Tensor) -> Tensor:
    """The contribution of each token's value through each head (tokens, head, d_mlp + d_vocab_out)."""
    layer = f"blocks.{shape.layers - 1}.attn"
    values = project(weights, layer, "V", x).unflatten(1, (shape.heads, shape.d_head))
    return torch.einsum("rhd,hde->rhe", values, weights[f"{layer}.W_O"] @ onward)
