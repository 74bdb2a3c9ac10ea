"""The forward pass from an explicit residual stream, row by row: slow beside `fast_forward`, but every entry can be differentiated."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.forward.activations import neurons_of
from mechgrok.models.forward.attention import softmax
from mechgrok.models.forward.dropout import Masks, drop
from mechgrok.models.forward.norms import normalised
from mechgrok.models.forward.notes import Note, unseen
from mechgrok.models.forward.positions import distance_penalties, rotated
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights

Edit = Callable[[Tensor], Tensor]
"""From a layer's scores at the read position (batch, head, pos and registers) to the pattern that is used there."""


def residual(weights: Weights, shape: Shape, tokens: Tensor) -> Tensor:
    """The residual stream before the first layer: W_E[token] + W_pos[pos], (batch, pos) -> (batch, pos, d_model)."""
    return F.embedding(tokens, weights["embed.W_E"]) + shape.position(weights)[: tokens.shape[1]]


def embedded(weights: Weights, shape: Shape, tokens: Tensor, note: Note) -> Tensor:
    """The same, with its terms noted."""
    x = note("hook_embed", F.embedding(tokens, weights["embed.W_E"]))
    if shape.positions in ("none", "rotary", "alibi"):
        return x
    return x + note("hook_pos_embed", shape.position(weights)[: tokens.shape[1]].expand_as(x))


def logits(
    weights: Weights, shape: Shape, x: Tensor, *, note: Note = unseen, masks: Masks | None = None, edit: Edit | None = None
) -> Tensor:
    """Logits at the read position (batch, d_vocab_out) from the residual stream of the tokens before the first layer (batch, pos, d_model).

    Differentiable in both `weights` (TransformerLens names) and `x`, to any order; in the dtype of these. `edit` replaces the
    attention pattern at the read position.
    """
    x = _Pass(weights, shape, x.shape[1], note, masks, edit).through(x, short=shape.pooling == "last")
    x = x.mean(1) if shape.pooling == "mean" else x[:, -1]
    return _plus(x @ shape.unembedding(weights), weights.get("unembed.b_U"))


def logits_of_positions(weights: Weights, shape: Shape, x: Tensor, note: Note, masks: Masks | None = None) -> Tensor:
    """Logits at every position (batch, pos, d_vocab_out); where the mean over positions is read, that over those up to each one."""
    x = _Pass(weights, shape, x.shape[1], note, masks, None).through(x, short=False)
    if shape.pooling == "mean":
        x = x.cumsum(1) / torch.arange(1, 1 + x.shape[1], device=x.device, dtype=x.dtype)[:, None]
    return note("unembed.hook_out", _plus(note("unembed.hook_in", x) @ shape.unembedding(weights), weights.get("unembed.b_U")))


@dataclass(frozen=True)
class _Pass:
    """The arguments that all layers of one forward pass share."""

    weights: Weights
    shape: Shape
    length: int
    note: Note
    masks: Masks | None
    edit: Edit | None

    def through(self, x: Tensor, *, short: bool) -> Tensor:
        """What is unembedded of the tokens' positions, from their residual stream; the read position alone with `short`."""
        if self.shape.registers:
            x = torch.cat([x, self.weights["registers.W_R"].expand(len(x), -1, -1)], dim=1)
        for layer in range(self.shape.layers):
            x = self._block(f"blocks.{layer}", x, short=short and layer == self.shape.layers - 1)
        x = x[:, : self.length]
        return self._normalised("ln_final", x) if self.shape.normalised_end else x

    def _block(self, name: str, x: Tensor, *, short: bool) -> Tensor:
        """A layer: (batch, pos, d_model) -> the same, or with the read position alone where the others are not needed (`short`)."""
        queries = slice(self.length - 1, self.length) if short else slice(None)
        before = self.note(f"{name}.hook_resid_pre", x)
        out = self._attention(f"{name}.attn", self._pre_normalised(f"{name}.ln1", before), queries)
        after = self._added(before[:, queries], self.note(f"{name}.hook_attn_out", out))
        if self.shape.attn_only:
            return self._leaving(f"{name}.ln1", name, after)
        after = self.note(f"{name}.hook_resid_mid", after)
        after = self._normalised(f"{name}.ln1", after) if self.shape.post_norm else after
        out = self._mlp(f"{name}.mlp", self._pre_normalised(f"{name}.ln2", after), x.shape[1], queries)
        return self._leaving(f"{name}.ln2", name, self._added(after, self.note(f"{name}.hook_mlp_out", out)))

    def _leaving(self, norm: str, block: str, x: Tensor) -> Tensor:
        x = self.note(f"{block}.hook_resid_post", x)
        return self.note(f"{block}.hook_normalized_resid_post", self._normalised(norm, x)) if self.shape.post_norm else x

    def _pre_normalised(self, name: str, x: Tensor) -> Tensor:
        return self._normalised(name, x) if self.shape.pre_norm else x

    def _normalised(self, name: str, x: Tensor) -> Tensor:
        return normalised(self.weights, self.shape, name, x, self.note)

    def _added(self, before: Tensor, out: Tensor) -> Tensor:
        return before + out if self.shape.residual else out

    def _attention(self, module: str, x: Tensor, queries: slice) -> Tensor:
        weights = self.weights
        inputs = {"Q": x[:, queries], "K": x, "V": x}
        q, keys, values = (
            self.note(f"{module}.hook_{letter.lower()}", _heads(weights, module, letter, part)).transpose(1, 2)
            for letter, part in inputs.items()
        )
        q, keys = self._rotated(module, q, keys, queries)
        visible = self._visible(x)[queries]
        scores = self._lowered(q @ keys.transpose(-1, -2) / math.sqrt(self.shape.d_head), queries).masked_fill(~visible, -math.inf)
        scores = self.note(f"{module}.hook_attn_scores", scores)
        pattern = self.note(f"{module}.hook_pattern", self._pattern(scores, visible))
        z = self.note(f"{module}.hook_z", (pattern @ values).transpose(1, 2))
        return _plus(torch.einsum("bphe,hed->bpd", z, weights[f"{module}.W_O"]), weights.get(f"{module}.b_O"))

    def _lowered(self, scores: Tensor, queries: slice) -> Tensor:
        """Scores (batch, head, query, key), less the penalties of distances."""
        if self.shape.positions != "alibi":
            return scores
        places = torch.arange(scores.shape[-1], device=scores.device)
        return scores + distance_penalties(self.shape.heads, places[queries], places).to(scores)

    def _rotated(self, module: str, q: Tensor, keys: Tensor, queries: slice) -> tuple[Tensor, Tensor]:
        """Queries and keys (batch, head, pos, d_head) as they meet."""
        if self.shape.positions != "rotary":
            return q, keys
        places, base = torch.arange(keys.shape[2], device=q.device), self.shape.rotary_base
        turned = {"q": rotated(q, places[queries], base), "k": rotated(keys, places, base)}
        return tuple(self.note(f"{module}.hook_rot_{name}", x.transpose(1, 2)).transpose(1, 2) for name, x in turned.items())  # type: ignore[return-value]

    def _visible(self, x: Tensor) -> Tensor:
        """(query, key): what is before or beside the query, and all registers; a register sees everything."""
        visible = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device)
        if self.shape.attention_direction == "causal":
            visible = visible.tril()
            visible[self.length :] = True
            visible[:, self.length :] = True
        return visible

    def _pattern(self, scores: Tensor, visible: Tensor) -> Tensor:
        c = self.shape.attention_coefficient
        pattern = c * softmax(scores, self.shape.softmax, -1) + (1 - c) * visible.to(scores.dtype)
        if self.edit is None:
            return pattern
        place = min(self.length, scores.shape[2]) - 1
        return torch.cat([pattern[:, :, :place], self.edit(scores[:, :, place])[:, :, None], pattern[:, :, place + 1 :]], dim=2)

    def _mlp(self, module: str, x: Tensor, size: int, queries: slice) -> Tensor:
        neurons = neurons_of(self.weights, self.shape, module, x, self.note)
        out = _plus(neurons @ self.weights[f"{module}.W_out"], self.weights.get(f"{module}.b_out"))
        if self.masks is None or not self.shape.dropout:
            return out
        # One mask for all positions, as where they are all computed.
        whole = out.new_zeros(len(out), size, out.shape[2])
        return out * drop(whole + 1, self.shape.dropout, self.masks)[:, queries]


def _heads(weights: Weights, module: str, letter: str, x: Tensor) -> Tensor:
    """x W + b for W_Q, W_K or W_V: (batch, pos, d_model) -> (batch, pos, head, d_head)."""
    return _plus(torch.einsum("bpd,hde->bphe", x, weights[f"{module}.W_{letter}"]), weights.get(f"{module}.b_{letter}"))


def _plus(x: Tensor, bias: Tensor | None) -> Tensor:
    return x if bias is None else x + bias
