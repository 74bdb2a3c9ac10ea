"""Causal attention over tables: what depends on a token and its position only is computed once for each of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.architecture import Architecture
from mechgrok.models.reading import read
from mechgrok.models.tables import Look, Rows

Weights = Mapping[str, Tensor]


def attend(weights: Weights, shape: Architecture, layer: int, x: Tensor, rows: Rows, positions: Sequence[int]) -> tuple[Tensor, Tensor]:
    """The heads' outputs at some positions (the last of which is the read one), and the pattern of that one.

    x (entering rows, d_model) is the normalised residual stream. Gives z (leaving rows, head * d_head) and the pattern
    (pos, batch, head): c softmax over pos of q.k / sqrt(d_head), plus 1 - c, with c the attention coefficient.
    """
    values = project(weights, f"blocks.{layer}.attn", "V", x).split(rows.entering)
    outputs = []
    for i, pattern in zip(positions, patterns(weights, shape, layer, x, rows, positions), strict=True):
        outputs.append(_mix(pattern, values, rows.looks[i], shape).expand(rows.leaving[i], -1))
    return torch.cat(outputs) if len(outputs) > 1 else outputs[0], pattern


def patterns(weights: Weights, shape: Architecture, layer: int, x: Tensor, rows: Rows, positions: Sequence[int]) -> Iterator[Tensor]:
    """The attention pattern (pos, batch, head) of each of these positions."""
    keys = project(weights, f"blocks.{layer}.attn", "K", x).split(rows.entering)
    entering = x.split(rows.entering)
    for i in positions:
        queries = project(weights, f"blocks.{layer}.attn", "Q", entering[i]) / math.sqrt(shape.d_head)
        scores = [_scores(queries, keys[j], look, shape).expand(rows.leaving[i], -1) for j, look in enumerate(rows.looks[i])]
        yield _mixed(torch.stack(scores).softmax(0), shape)


def project(weights: Weights, module: str, letter: str, x: Tensor) -> Tensor:
    """x W + b for W_Q, W_K or W_V: (rows, d_model) -> (rows, head * d_head)."""
    matrix = weights[f"{module}.W_{letter}"].transpose(1, 2).flatten(0, 1)
    bias = weights.get(f"{module}.b_{letter}")
    return F.linear(x, matrix, None if bias is None else bias.flatten())


def _scores(queries: Tensor, keys: Tensor, look: Look, shape: Architecture) -> Tensor:
    """q.k of each row and head (rows, head); one row where all are the same."""
    if look.paired:
        pairs = torch.einsum("qhd,khd->qkh", _by_head(queries, shape), _by_head(keys, shape))
        return read(pairs.flatten(0, 1), look.pair)
    return _by_head(read(queries, look.query) * read(keys, look.key), shape).sum(-1)


def _mixed(pattern: Tensor, shape: Architecture) -> Tensor:
    """The pattern as it is used: with uniform ones mixed in where the architecture does so."""
    c = shape.attention_coefficient
    return pattern if c == 1 else pattern * c + (1 - c)


def _mix(pattern: Tensor, values: Sequence[Tensor], looks: Sequence[Look], shape: Architecture) -> Tensor:
    """sum over pos of pattern times value (rows, head * d_head); the last look is that of the rows at their own position."""
    weights = pattern.unsqueeze(-1).unbind()
    *tables, own = values[: len(looks)]
    if len(own) == 1 and shape.attention_coefficient == 1:
        z, tables = _by_head(own, shape), [table - own for table in tables]  # since the weights of a row sum to one
    else:
        z = _by_head(read(own, looks[-1].key), shape) * weights[-1]
    for table, weight, look in zip(tables, weights, looks, strict=False):
        z = torch.addcmul(z, _by_head(read(table, look.key), shape), weight)
    return z.flatten(1)


def _by_head(x: Tensor, shape: Architecture) -> Tensor:
    return x.view(-1, shape.heads, shape.d_head)
