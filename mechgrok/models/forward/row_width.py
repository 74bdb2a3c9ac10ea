"""An estimate of what a forward pass with gradients holds for each row."""

from __future__ import annotations

from mechgrok.models.network import Network
from mechgrok.models.shape import Shape


def row_width(network: Network, length: int) -> int:
    """Numbers for each row of `length` tokens: embeddings, heads, the residual stream and neurons with their gradients, but no logits."""
    if isinstance(network, Shape):
        return _of_transformer(network, length)
    widths = [shape[-1] for name, shape in network.shapes.items() if len(shape) > 1 and not name.startswith("unembed")]
    return 3 * (sum(widths) + length * sum(widths[:1]))


def _of_transformer(shape: Shape, length: int) -> int:
    """Behind the first layer each position but the first has its own numbers in every row, and so have its queries, keys and values."""
    heads, norms = shape.heads * shape.d_head, 3 * shape.d_model * (shape.normalization is not None)
    neurons = 0 if shape.attn_only else shape.d_mlp * (2 if shape.activation == "relu" and not shape.gated else 3)
    layer, inner = heads + 4 * shape.d_model + norms + neurons, max(1, length - 1)
    return layer + (shape.layers - 1) * (inner * layer + 2 * heads * (1 + 2 * inner))
