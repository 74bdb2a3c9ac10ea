"""A transformer with tensors given by formulas: two heads move the operands to '=', and neurons combine them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from mechgrok.models.transformer import Transformer

_SATURATED = 60.0
"""Attention score of the operand that a head reads, against 0 for the other tokens: exp(-60) is nothing beside one."""


@dataclass(frozen=True, eq=False)
class Circuit:
    """logits = act(x_a into_a + x_b into_b) out + x_b direct, with x the features of a number token."""

    features: Tensor
    """(p, features): the embedding of the number tokens."""
    into_a: Tensor
    """(features, d_mlp)."""
    into_b: Tensor
    """(features, d_mlp)."""
    out: Tensor
    """(d_mlp, p): the neuron-logit map W_L."""
    activation: Literal["relu", "quadratic"] = "quadratic"
    direct: Tensor | None = None
    """(features, p): from the second operand past the neurons; none by default."""

    @property
    def model(self) -> Transformer:
        """The config of this network."""
        width, (d_mlp, p) = self.features.shape[1], self.out.shape
        return Transformer(
            layers=1, heads=2, d_head=width, d_model=3 + 3 * width + p, d_mlp=d_mlp, activation=self.activation, biases="none"
        )

    def weights(self) -> dict[str, Tensor]:
        """Its tensors under HookedTransformer names, in float64, for rows `a b =` and the number classes.

        The residual stream holds a flag for each position, the token's features, those of a and of b that the heads brought, the logits.
        """
        width, p = self.features.shape[1], self.out.shape[1]
        token, a, b = (slice(3 + i * width, 3 + (i + 1) * width) for i in range(3))
        logits = slice(3 + 3 * width, 3 + 3 * width + p)
        made = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in self._shapes(3 + 3 * width + p).items()}
        made["embed.W_E"][:p, token] = self.features
        made["pos_embed.W_pos"][:, :3] = torch.eye(3)
        for head, (position, place) in enumerate(((0, a), (1, b))):
            made["blocks.0.attn.W_Q"][head, 2, 0] = _SATURATED * math.sqrt(width)
            made["blocks.0.attn.W_K"][head, position, 0] = 1
            made["blocks.0.attn.W_V"][head, token] = torch.eye(width, dtype=torch.float64)
            made["blocks.0.attn.W_O"][head, :, place] = torch.eye(width, dtype=torch.float64)
        made["blocks.0.mlp.W_in"][a], made["blocks.0.mlp.W_in"][b] = self.into_a, self.into_b
        made["blocks.0.mlp.W_out"][:, logits] = self.out
        made["unembed.W_U"][logits] = torch.eye(p, dtype=torch.float64)
        if self.direct is not None:
            made["unembed.W_U"][b] = self.direct
        return made

    def _shapes(self, d_model: int) -> dict[str, tuple[int, ...]]:
        width, (d_mlp, p) = self.features.shape[1], self.out.shape
        attention = {f"blocks.0.attn.W_{letter}": (2, d_model, width) for letter in "QKV"}
        mlp = {"W_in": (d_model, d_mlp), "b_in": (d_mlp,), "W_out": (d_mlp, d_model), "b_out": (d_model,)}
        return {
            "embed.W_E": (p + 1, d_model),
            "pos_embed.W_pos": (3, d_model),
            **attention,
            "blocks.0.attn.W_O": (2, width, d_model),
            **{f"blocks.0.mlp.{name}": shape for name, shape in mlp.items()},
            "unembed.W_U": (d_model, p),
        }


def circle(p: int, k: int, shift: float = 0.0) -> Tensor:
    """cos and sin of w_k t + shift for t = 0 .. p - 1 (p, 2)."""
    angle = 2 * math.pi * ((k * torch.arange(p)) % p).double() / p + shift
    return torch.stack([angle.cos(), angle.sin()], dim=1)
