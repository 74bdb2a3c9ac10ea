"""Hooks of a TransformerBridge as they are in a HookedTransformer. Imports TransformerLens 4, so only `library.py` imports this file.

In a bridge of TransformerLens 4.3, a change at `hook_resid_mid` reaches the MLP and not the sum behind it; `hook_attn_scores` is given the
pattern, and its changes are dropped. Interventions there would give other numbers than with TransformerLens 3.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from transformer_lens.hook_points import HookPoint
from transformer_lens.model_bridge.sources.native.model import NativeAttention, NativeBlock


class Remembering(HookPoint):
    """A hook point that keeps what its hooks made of the last value."""

    def __call__(self, x: Tensor) -> Tensor:
        vars(self)["made"] = made = super().__call__(x)
        return made


class Block(NativeBlock):
    """A block whose MLP is added to what the hooks made of the residual stream."""

    def forward(self, hidden_states: Tensor, **options: Any) -> tuple[Tensor]:
        after = hidden_states + self.attn(self.ln1(hidden_states), **options)[0]
        if self.cfg.attn_only:
            return (after,)
        out = self.mlp(self.ln2(after))
        return (vars(self.ln2.hook_in).pop("made") + out,)


class Attention(NativeAttention):
    """Attention whose scores go through a hook point before the softmax; there is no padding and no cache."""

    scores: tuple[HookPoint]

    def forward(self, hidden_states: Tensor, *_: Any, pattern_fn: Any = None, **__: Any) -> tuple[Tensor, None]:
        q, k, v = (part(hidden_states).unflatten(-1, (self.n_heads, self.d_head)).transpose(1, 2) for part in (self.q, self.k, self.v))
        scores = q @ k.transpose(-1, -2) / math.sqrt(self.d_head)
        if self.causal:
            future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(future, -math.inf)
        pattern = self.scores[0](scores).softmax(-1)
        pattern = pattern if pattern_fn is None else pattern_fn(pattern)
        return self.o((pattern @ v).transpose(1, 2).flatten(2)), None


def mend(bridge: Any) -> None:
    """Gives the hook points of a bridge of a native model the meaning that they have in a HookedTransformer."""
    for block in bridge.blocks:
        block.original_component.__class__ = Block
        attention = block.attn.original_component
        attention.__class__ = Attention
        attention.scores = (block.attn.hook_attn_scores,)  # in a tuple, so that it is not a part of this module too
        if not bridge.cfg.attn_only:
            block.ln2.hook_in.__class__ = Remembering
