"""The function of a transformer at the last position of each row, computed faster: what rows share is computed once.

A position attends to those up to its own. With one layer that is read at its end, attention in both directions gives the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.forward import square, tail
from mechgrok.models.forward.activations import neurons_of
from mechgrok.models.forward.attention import attend, patterns
from mechgrok.models.forward.gathering import gather_rows
from mechgrok.models.forward.norms import normalised
from mechgrok.models.forward.notes import Kept, last_rows
from mechgrok.models.forward.obstacle import obstacle
from mechgrok.models.forward.tables import Batch, LayerRows
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights

__all__ = ["Batch", "forward", "logits", "obstacle"]


def logits(weights: Weights, shape: Shape, batch: Batch) -> Tensor:
    """The logits at the last position (batch, d_vocab_out) of a network given by its weights under TransformerLens names."""
    return forward(weights, shape, batch)[0]


def forward(weights: Weights, shape: Shape, batch: Batch, keep: frozenset[str] = frozenset()) -> tuple[Tensor, dict[str, Tensor]]:
    """The same, and the activations that `keep` names, at the last position.

    Known in every layer: hook_resid_pre, attn.hook_z (batch, head, d_head), attn.hook_pattern (batch, head, pos and registers),
    hook_attn_out, hook_resid_mid, mlp.hook_pre, mlp.hook_post (batch, d_mlp), hook_mlp_out, hook_resid_post, the last two residual ones
    before a norm that comes after the addition. Raises KeyError for other names.
    """
    notes = Kept(keep, last_rows(batch.size))
    x, rows, last = _embed(weights, shape, batch), batch.first, shape.layers - 1
    for layer in range(last):
        x = _block(weights, shape, layer, x, rows, range(batch.length), notes)
        rows = batch.later
    if shape.pooling == "mean":
        result = _averaged(weights, shape, x, rows, batch, notes)
    elif square.applies(shape, batch) and notes.keep <= {f"blocks.{last}.{name}" for name in square.KEPT}:
        result = _square_end(weights, shape, x, batch, notes)
    else:
        result = _end(weights, shape, x, rows, notes)
    return result, notes.activations()


def _embed(weights: Weights, shape: Shape, batch: Batch) -> Tensor:
    """The rows that enter the first layer, those of the registers last."""
    x = F.embedding(batch.tokens, weights["embed.W_E"])
    if shape.positions in ("learned", "sinusoidal"):
        x = x + F.embedding(batch.positions, shape.position(weights))
    return torch.cat([x, weights["registers.W_R"]]) if shape.registers else x


def _averaged(weights: Weights, shape: Shape, x: Tensor, rows: LayerRows, batch: Batch, notes: Kept) -> Tensor:
    """The logits of a network that reads the mean over all positions."""
    after = _block(weights, shape, shape.layers - 1, x, rows, range(batch.length), notes)
    columns = _finally_normalised(weights, shape, after).split(batch.later.entering)
    parts = [gather_rows(column, index.key).expand(batch.size, -1) for column, index in zip(columns, batch.later.indices[-1], strict=True)]
    return _unembedded(weights, shape, torch.stack(parts).mean(0))


def _square_end(weights: Weights, shape: Shape, x: Tensor, batch: Batch, notes: Kept) -> Tensor:
    [pattern] = patterns(weights, shape, 0, x, batch.first, [batch.length - 1])
    result, neurons = square.logits(weights, shape, x, pattern, batch)
    notes("blocks.0.attn.hook_pattern", pattern.permute(1, 2, 0))
    notes("blocks.0.mlp.hook_post", neurons)
    return result


def _end(weights: Weights, shape: Shape, x: Tensor, rows: LayerRows, notes: Kept) -> Tensor:
    layer, read_position = shape.layers - 1, len(rows.entering) - 1
    short = rows.entering[-1] == 1 and tail.applies(shape) and tail.is_cheaper(shape, rows.leaving[read_position])
    if short and _passes_through_tail(notes.keep, f"blocks.{layer}."):
        z, pattern = attend(weights, shape, layer, x, rows, [read_position])
        result, neurons = tail.logits(weights, shape, z, x.split([*rows.entering, shape.registers])[read_position])
        _note_attention(notes, shape, layer, z, pattern)
        notes(f"blocks.{layer}.mlp.hook_post", neurons)
        return result
    after = _block(weights, shape, layer, x, rows, [read_position], notes)
    return _unembedded(weights, shape, _finally_normalised(weights, shape, after))


def _unembedded(weights: Weights, shape: Shape, x: Tensor) -> Tensor:
    return F.linear(x, shape.unembedding(weights).T, weights.get("unembed.b_U"))


def _passes_through_tail(keep: frozenset[str], block: str) -> bool:
    """Whether the tail has all that is to be kept; no gradient flows through the neurons that it gives."""
    has_gradients = torch.is_grad_enabled() and f"{block}mlp.hook_post" in keep
    return keep <= {block + name for name in tail.KEPT} and not has_gradients


def _block(weights: Weights, shape: Shape, layer: int, x: Tensor, rows: LayerRows, positions: Sequence[int], notes: Kept) -> Tensor:
    """The residual stream after a layer at some positions, from that before it at all of them."""
    block = f"blocks.{layer}"
    z, pattern = attend(weights, shape, layer, _pre_normalised(weights, shape, f"{block}.ln1", x), rows, positions)
    _note_attention(notes, shape, layer, z, pattern)
    out = F.linear(z, weights[f"{block}.attn.W_O"].flatten(0, 1).T, weights.get(f"{block}.attn.b_O"))
    notes(f"{block}.hook_attn_out", out)
    before = _carried(x, rows, positions, shape)
    notes(f"{block}.hook_resid_pre", before)
    after = before + out if shape.residual else out
    if shape.attn_only:
        return _finished(weights, shape, block, "ln1", after, notes)
    notes(f"{block}.hook_resid_mid", after)
    after = _post_normalised(weights, shape, f"{block}.ln1", after)
    out = _mlp(weights, shape, block, after, notes)
    return _finished(weights, shape, block, "ln2", after + out if shape.residual else out, notes)


def _finished(weights: Weights, shape: Shape, block: str, norm: str, x: Tensor, notes: Kept) -> Tensor:
    """The residual stream after a layer."""
    notes(f"{block}.hook_resid_post", x)
    return _post_normalised(weights, shape, f"{block}.{norm}", x)


def _carried(x: Tensor, rows: LayerRows, positions: Sequence[int], shape: Shape) -> Tensor:
    """The residual stream before a layer, with the rows that leave it."""
    entering = x.split([*rows.entering, shape.registers])
    parts = [gather_rows(entering[i], rows.indices[i][i].query).expand(rows.leaving[i], -1) for i in positions]
    return torch.cat(parts) if len(parts) > 1 else parts[0]


def _mlp(weights: Weights, shape: Shape, block: str, x: Tensor, notes: Kept) -> Tensor:
    x = _pre_normalised(weights, shape, f"{block}.ln2", x)
    post = neurons_of(weights, shape, f"{block}.mlp", x, notes)
    out = F.linear(post, weights[f"{block}.mlp.W_out"].T, weights.get(f"{block}.mlp.b_out"))
    notes(f"{block}.hook_mlp_out", out)
    return out


def _pre_normalised(weights: Weights, shape: Shape, name: str, x: Tensor) -> Tensor:
    return normalised(weights, shape, name, x) if shape.pre_norm else x


def _finally_normalised(weights: Weights, shape: Shape, x: Tensor) -> Tensor:
    return normalised(weights, shape, "ln_final", x) if shape.normalised_end else x


def _post_normalised(weights: Weights, shape: Shape, name: str, x: Tensor) -> Tensor:
    return normalised(weights, shape, name, x) if shape.post_norm else x


def _note_attention(notes: Kept, shape: Shape, layer: int, z: Tensor, pattern: Tensor) -> None:
    notes(f"blocks.{layer}.attn.hook_z", z.unflatten(1, (shape.heads, shape.d_head)))
    notes(f"blocks.{layer}.attn.hook_pattern", pattern.permute(1, 2, 0))
