"""Causal attention over tables: what depends on a token and its position only is computed once for each of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.models.forward.gathering import gather_rows
from mechgrok.models.forward.positions import distance_penalties, rotated
from mechgrok.models.forward.tables import AttentionIndex, LayerRows
from mechgrok.models.shape import Shape
from mechgrok.models.weights import Weights


def attend(weights: Weights, shape: Shape, layer: int, x: Tensor, rows: LayerRows, positions: Sequence[int]) -> tuple[Tensor, Tensor]:
    """The heads' outputs at some positions (the last of which is the read one), and the pattern of that one.

    x (entering rows, d_model) is the normalised residual stream, with one row for each register behind those of the positions. Gives z
    (leaving rows, head * d_head) and the pattern (pos and registers, batch, head): c softmax over these of q.k / sqrt(d_head), plus
    1 - c, with c the attention coefficient.
    """
    counts = [*rows.entering, *[1] * shape.registers]
    values = project(weights, f"blocks.{layer}.attn", "V", x).split(counts)
    outputs = []
    for i, pattern in zip(positions, patterns(weights, shape, layer, x, rows, positions), strict=True):
        seen = [(values[j], index) for j, index in _seen(rows, i, shape)]
        outputs.append(_mix(pattern, seen, i, shape).expand(rows.leaving[i], -1))
    return torch.cat(outputs) if len(outputs) > 1 else outputs[0], pattern


def patterns(weights: Weights, shape: Shape, layer: int, x: Tensor, rows: LayerRows, positions: Sequence[int]) -> Iterator[Tensor]:
    """The attention pattern (pos and registers, batch, head) of each of these positions."""
    counts = [*rows.entering, *[1] * shape.registers]
    places = torch.arange(len(counts), device=x.device).repeat_interleave(torch.tensor(counts, device=x.device))
    keys = _rotated(project(weights, f"blocks.{layer}.attn", "K", x), places, shape).split(counts)
    entering = x.split(counts)
    for i in positions:
        seen = _seen(rows, i, shape)
        if len(seen) < min(2, len(counts)) and shape.softmax == "softmax":
            # It attends to itself alone. Rows of one token go on below, so that their queries and keys have gradients, of zero.
            yield x.new_ones(1, rows.leaving[i], shape.heads)
            continue
        own = places.new_full((len(entering[i]),), i)
        queries = _rotated(project(weights, f"blocks.{layer}.attn", "Q", entering[i]), own, shape) / math.sqrt(shape.d_head)
        scores = torch.stack([_scores(queries, keys[j], index, shape).expand(rows.leaving[i], -1) for j, index in seen])
        yield _mixed(softmax(_lowered(scores, i, shape), shape.softmax, 0), shape)


def _lowered(scores: Tensor, query: int, shape: Shape) -> Tensor:
    """Scores (pos, rows, head) of the keys at the positions from 0, less the penalties of their distances to the query's."""
    if shape.positions != "alibi":
        return scores
    places = torch.arange(len(scores), device=scores.device)
    return scores + distance_penalties(shape.heads, places.new_tensor([query]), places)[:, 0].T.unsqueeze(1).to(scores)


def _rotated(x: Tensor, positions: Tensor, shape: Shape) -> Tensor:
    """Queries or keys (rows, head * d_head), with those of rotary positions rotated by the position of each row (rows,)."""
    if shape.positions != "rotary":
        return x
    return rotated(_by_head(x, shape).transpose(0, 1), positions, shape.rotary_base).transpose(0, 1).flatten(1)


def _seen(rows: LayerRows, i: int, shape: Shape) -> list[tuple[int, AttentionIndex]]:
    """What position i sees, by its place among the keys: the positions up to its own, and the registers behind all of them."""
    registers = range(len(rows.entering), len(rows.entering) + shape.registers)
    return [*enumerate(rows.indices[i]), *((j, AttentionIndex.at_one(rows.indices[i][i])) for j in registers)]


def softmax(scores: Tensor, kind: str, dim: int) -> Tensor:
    """exp(s_i) / sum_j exp(s_j); softmax1 has one more term, exp(0), below."""
    if kind == "softmax":
        return scores.softmax(dim)
    return scores.softmax(dim) * scores.logsumexp(dim, keepdim=True).sigmoid()


def project(weights: Weights, module: str, letter: str, x: Tensor) -> Tensor:
    """x W + b for W_Q, W_K or W_V: (rows, d_model) -> (rows, head * d_head)."""
    matrix = weights[f"{module}.W_{letter}"].transpose(1, 2).flatten(0, 1)
    bias = weights.get(f"{module}.b_{letter}")
    return F.linear(x, matrix, None if bias is None else bias.flatten())


def _scores(queries: Tensor, keys: Tensor, index: AttentionIndex, shape: Shape) -> Tensor:
    """q.k of each row and head (rows, head); one row where all are the same."""
    if index.paired:
        pairs = torch.einsum("qhd,khd->qkh", _by_head(queries, shape), _by_head(keys, shape))
        return gather_rows(pairs.flatten(0, 1), index.pair)
    return _by_head(gather_rows(queries, index.query) * gather_rows(keys, index.key), shape).sum(-1)


def _mixed(pattern: Tensor, shape: Shape) -> Tensor:
    """The pattern as it is used: with uniform ones mixed in where the shape has them."""
    c = shape.attention_coefficient
    return pattern if c == 1 else pattern * c + (1 - c)


def _mix(pattern: Tensor, seen: Sequence[tuple[Tensor, AttentionIndex]], own: int, shape: Shape) -> Tensor:
    """sum over pos of pattern times value (rows, head * d_head); `own` is the position of the queries."""
    weights, (value, index) = pattern.unsqueeze(-1).unbind(), seen[own]
    others = [(*each, weight) for j, (each, weight) in enumerate(zip(seen, weights, strict=True)) if j != own]
    z = _by_head(value if len(value) == 1 else gather_rows(value, index.key), shape)
    if len(value) == 1 and shape.attention_coefficient == 1 and shape.softmax == "softmax":
        others = [(table - value, each, weight) for table, each, weight in others]  # since the weights of a row sum to one
    else:
        z = z * weights[own]
    for table, each, weight in others:
        z = torch.addcmul(z, _by_head(gather_rows(table, each.key), shape), weight)
    return z.flatten(1)


def _by_head(x: Tensor, shape: Shape) -> Tensor:
    return x.view(-1, shape.heads, shape.d_head)
