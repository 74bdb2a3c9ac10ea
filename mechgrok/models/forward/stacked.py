"""The function of several one-layer transformers at once: weights and rows have a leading axis of networks.

Each network computes what `fast_forward` computes of it, from tables with a row for every token of the vocabulary at each position.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mechgrok.models.forward import tail
from mechgrok.models.forward.gathering import Index, gather_rows
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights

_LAYER = "blocks.0"


def obstacle(shape: Shape) -> str | None:
    """Why networks of a shape are not computed together; None where they are."""
    plain = shape.softmax == "softmax" and shape.attention_coefficient == 1 and not shape.registers and not shape.dropout
    added = shape.positions in ("learned", "none", "sinusoidal")
    if shape.layers == 1 and tail.applies(shape) and plain and added and not shape.tied:
        return None
    return "only transformers of one layer are stacked, with relu, without norms, and with no further option of the architecture"


@dataclass(frozen=True)
class StackedBatch:
    """The rows of several networks, prepared for the forward pass; all end on the same token."""

    networks: int
    size: int
    last: int
    """The token at the last position."""
    indices: tuple[Index, ...]
    """For each position before the last: the row (network * d_vocab + token) of each network's rows."""

    @classmethod
    def of(cls, tokens: Tensor, d_vocab: int) -> StackedBatch:
        """Prepares tokens (networks, batch, pos)."""
        networks, size, length = tokens.shape
        first = torch.arange(networks, device=tokens.device)[:, None] * d_vocab
        indices = [Index.into(networks * d_vocab, (first + tokens[:, :, i]).flatten()) for i in range(length - 1)]
        return cls(networks, size, int(tokens[0, 0, -1]), tuple(indices))

    def gather(self, table: Tensor, position: int) -> Tensor:
        """The rows (networks, batch, width) of a position's table (networks, d_vocab, width)."""
        return gather_rows(table.flatten(0, 1), self.indices[position]).unflatten(0, (self.networks, self.size))


def logits(weights: Weights, shape: Shape, batch: StackedBatch) -> Tensor:
    """The logits at the last position (networks, batch, d_vocab_out); the weights have TransformerLens names and a leading axis."""
    x = _embedded(weights, shape, batch)
    z = _attended(weights, shape, x, batch)
    constant = x[:, -1:] + weights[f"{_LAYER}.attn.b_O"].unsqueeze(1) if f"{_LAYER}.attn.b_O" in weights else x[:, -1:]
    W_U, W_O = weights["unembed.W_U"], weights[f"{_LAYER}.attn.W_O"].flatten(1, 2)
    into = _with_bias(weights[f"{_LAYER}.mlp.W_in"], weights.get(f"{_LAYER}.mlp.b_in"))
    return tail.end(z, constant, W_O, into, _with_bias(W_U, _output_bias(weights)), weights[f"{_LAYER}.mlp.W_out"] @ W_U)[0]


def _embedded(weights: Weights, shape: Shape, batch: StackedBatch) -> Tensor:
    """The residual stream before the layer (networks, rows, d_model): every token at each position before the last, then the last token."""
    W_E, W_pos = weights["embed.W_E"], shape.position(weights)
    read = len(batch.indices)
    tables = [W_E + W_pos[..., i : i + 1, :] for i in range(read)]
    return torch.cat([*tables, W_E[:, batch.last : batch.last + 1] + W_pos[..., read : read + 1, :]], 1)


def _attended(weights: Weights, shape: Shape, x: Tensor, batch: StackedBatch) -> Tensor:
    """The heads' outputs at the last position (networks, batch, head * d_head)."""
    queries = _projected(weights, "Q", x[:, -1:]) / math.sqrt(shape.d_head)
    scores = _by_head(queries * _projected(weights, "K", x), shape).sum(-1)
    values = _projected(weights, "V", x)
    of_tables, own = scores[:, :-1].split(shape.d_vocab, 1), scores[:, -1:]
    rows = [batch.gather(table, i) for i, table in enumerate(of_tables)]
    pattern = torch.stack([*rows, own.expand(-1, batch.size, -1)]).softmax(0).unsqueeze(-1)
    z = _by_head(values[:, -1:], shape)
    for i, table in enumerate((values[:, :-1] - values[:, -1:]).split(shape.d_vocab, 1)):  # the weights of a row sum to one
        z = torch.addcmul(z, _by_head(batch.gather(table, i), shape), pattern[i])
    return z.flatten(2)


def _projected(weights: Weights, letter: str, x: Tensor) -> Tensor:
    """x W + b for W_Q, W_K or W_V: (networks, rows, d_model) -> (networks, rows, head * d_head)."""
    matrix = weights[f"{_LAYER}.attn.W_{letter}"].transpose(1, 2).flatten(2, 3)
    bias = weights.get(f"{_LAYER}.attn.b_{letter}")
    return x @ matrix if bias is None else torch.baddbmm(bias.flatten(1).unsqueeze(1), x, matrix)


def _by_head(x: Tensor, shape: Shape) -> Tensor:
    return x.unflatten(-1, (shape.heads, shape.d_head))


def _output_bias(weights: Weights) -> Tensor | None:
    """b_out W_U + b_U (networks, d_vocab_out), with those of them that there are."""
    b_out, b_U = weights.get(f"{_LAYER}.mlp.b_out"), weights.get("unembed.b_U")
    through = None if b_out is None else (b_out.unsqueeze(1) @ weights["unembed.W_U"]).squeeze(1)
    return b_U if through is None else through if b_U is None else through + b_U


def _with_bias(matrix: Tensor, bias: Tensor | None) -> Tensor:
    """The matrices, each with its bias as one more row."""
    row = torch.zeros_like(matrix[:, :1]) if bias is None else bias.unsqueeze(1)
    return torch.cat([matrix, row], 1)
