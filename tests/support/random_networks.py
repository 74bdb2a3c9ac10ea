"""Small networks of every kind that the fast forward pass claims to cover, and batches for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import torch
from hypothesis import strategies as st
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.models.hooks import hooked
from mechgrok.models.options import Activation, Normalization
from mechgrok.models.parameter_shapes import parameter_shapes

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule


MIXING = {"W_Q", "W_K", "W_V", "W_O", "W_in", "W_gate", "W_out", "W_U"}
"""Matrices that add up as many numbers as their last but one axis is long."""


@dataclass(frozen=True)
class Network:
    """A transformer in float64 with every parameter random, and tokens (batch, pos) for it.

    Activations are of the order of 1. With matrices that multiply them, three layers without LayerNorm reach 1e6 and with squares 1e13;
    every pattern is then one position, up to rounding, and what is left of the gradients of queries and keys is the difference of equal
    numbers some 1e13 times as large, in which no two orders of summation agree.
    """

    shape: Architecture
    tokens: Tensor
    seed: int

    @property
    def weights(self) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(self.seed)
        return {name: _drawn(name, size, generator) for name, size in parameter_shapes(self.shape).items()}

    def model(self) -> HookedRootModule:
        return hooked.trainable(self.shape, self.weights)


def _drawn(name: str, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    drawn = torch.randn(size, generator=generator, dtype=torch.float64) * 0.6 + 0.1
    return drawn / size[-2] ** 0.5 if name.rpartition(".")[2] in MIXING else drawn


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
    positions = draw(st.sampled_from(["learned", "none", "sinusoidal", "rotary", "alibi"]))
    rotary = positions == "rotary"
    return Architecture(
        layers=draw(st.integers(1, 3)),
        heads=draw(st.integers(1, 3)),
        d_model=draw(st.integers(3, 8)),
        d_head=draw(st.sampled_from([2, 4])) if rotary else draw(st.integers(1, 4)),
        d_mlp=draw(st.integers(1, 9)),
        d_vocab=d_vocab,
        d_vocab_out=d_vocab if tied else draw(st.integers(2, 9)),
        n_ctx=length + draw(st.integers(0, 2)),
        activation=draw(st.sampled_from(get_args(Activation))),
        normalization=draw(st.sampled_from([None, *get_args(Normalization)])),
        attn_only=draw(st.booleans()),
        eps=draw(st.sampled_from([1e-5, 1e-5, 1e-2])),
        final_norm=draw(st.sampled_from([None, None, False, True])),
        attention_direction=draw(st.sampled_from(["causal", "causal", "bidirectional"])),
        attention_coefficient=draw(st.sampled_from([1.0, 0.0, 0.3])),
        positions=positions,
        rotary_base=draw(st.sampled_from([10000.0, 10.0])),
        gated=draw(st.sampled_from([False, False, True])),
        softmax=draw(st.sampled_from(["softmax", "softmax1"])),
        registers=0 if positions in ("rotary", "alibi") else draw(st.sampled_from([0, 0, 1, 3])),
        tied=tied,
        residual=draw(st.booleans()),
        pooling=draw(st.sampled_from(["last", "mean"])),
    )
