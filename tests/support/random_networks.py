"""Small networks of every kind that the fast forward pass claims to cover, and batches for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from hypothesis import strategies as st
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.models.hooks import hooked

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer


MIXING = {"W_Q", "W_K", "W_V", "W_O", "W_in", "W_out", "W_U"}
"""Matrices that add up as many numbers as their last but one axis is long."""


@dataclass(frozen=True)
class Network:
    """A HookedTransformer in float64 with every parameter random, and tokens (batch, pos) for it.

    Activations are of the order of 1. With matrices that multiply them, three layers without LayerNorm reach 1e6 and with squares 1e13;
    every pattern is then one position, up to rounding, and what is left of the gradients of queries and keys is the difference of equal
    numbers some 1e13 times as large, in which no two orders of summation agree.
    """

    shape: Architecture
    tokens: Tensor
    seed: int

    def model(self) -> HookedTransformer:
        model = hooked.empty(self.shape, torch.float64)
        generator = torch.Generator().manual_seed(self.seed)
        for name, parameter in model.named_parameters():
            drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.6 + 0.1
            parameter.data.copy_(drawn / parameter.shape[-2] ** 0.5 if name.rpartition(".")[2] in MIXING else drawn)
        return model


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Depths 1 to 3, all options of the function, d_head * heads free, rows shorter than n_ctx, with repetitions."""
    numbers, length = draw(st.integers(2, 8)), draw(st.integers(1, 4))
    seed = draw(st.integers(0, 10**6))
    tokens = torch.randint(numbers, (draw(st.integers(1, 24)), length), generator=torch.Generator().manual_seed(seed))
    if draw(st.booleans()):
        tokens[:, -1] = numbers
    return Network(_architecture(draw, numbers + 1, length), tokens, seed)


def _architecture(draw: st.DrawFn, d_vocab: int, length: int) -> Architecture:
    tied = draw(st.booleans())
    return Architecture(
        layers=draw(st.integers(1, 3)),
        heads=draw(st.integers(1, 3)),
        d_model=draw(st.integers(3, 8)),
        d_head=draw(st.integers(1, 4)),
        d_mlp=draw(st.integers(1, 9)),
        d_vocab=d_vocab,
        d_vocab_out=d_vocab if tied else draw(st.integers(2, 9)),
        n_ctx=length + draw(st.integers(0, 2)),
        activation=draw(st.sampled_from(["relu", "gelu", "quadratic"])),
        normalization=draw(st.sampled_from([None, "LN", "LNPre", "post", "post-unbiased"])),
        attn_only=draw(st.booleans()),
        attention_coefficient=draw(st.sampled_from([1.0, 0.0, 0.3])),
        positions=draw(st.sampled_from(["learned", "none", "sinusoidal"])),
        softmax=draw(st.sampled_from(["softmax", "softmax1"])),
        registers=draw(st.sampled_from([0, 0, 1, 3])),
        tied=tied,
        residual=draw(st.booleans()),
        pooling=draw(st.sampled_from(["last", "mean"])),
    )
