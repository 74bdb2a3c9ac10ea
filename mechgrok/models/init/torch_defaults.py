"""Initial weights that PyTorch's own modules draw when they are made, put under TransformerLens' names."""

from __future__ import annotations

from collections.abc import Mapping

from einops import rearrange
from torch import Tensor, nn

from mechgrok.models.init.seeded import seeded
from mechgrok.models.shape import Shape

Weights = dict[str, Tensor]


def devon2024(weights: Weights, shape: Shape, seed: int) -> None:
    """Of nn.Embedding (normal, deviation 1; the unembedding too), nn.MultiheadAttention and nn.Linear, as in devon-research's grokking.

    Made in the order token embedding, positions, for every layer attention and the MLP's two maps, unembedding. That code draws its
    split from the same random numbers first, so its own weights are not given again. Needs d_head * heads = d_model.
    """
    with seeded(seed):
        made = _embeddings(weights, shape)
        for layer in range(shape.layers):
            made |= _multihead(f"blocks.{layer}.attn", shape.d_model, shape.heads) | _mlp(shape, layer)
        made["unembed.W_U"] = nn.Embedding(shape.d_vocab_out, shape.d_model).weight.T
    _put(weights, made)


def power2022(weights: Weights, shape: Shape, seed: int) -> None:
    """Of nn.Embedding (normal, deviation 1) and nn.Linear, as in openai/grok (Power et al. 2022, arXiv 2201.02177) and its forks.

    Made in the order token embedding, positions, for every layer W_Q, W_K, W_V, W_O of all heads and the MLP's two maps, unembedding.
    That code spends its seed on other draws too, so its own weights are not given again.
    """
    inner = shape.heads * shape.d_head
    with seeded(seed):
        made = _embeddings(weights, shape)
        for layer in range(shape.layers):
            maps = {letter: nn.Linear(shape.d_model, inner) for letter in "QKV"} | {"O": nn.Linear(inner, shape.d_model)}
            made |= _attention(f"blocks.{layer}.attn", maps, shape.heads) | _mlp(shape, layer)
        last = nn.Linear(shape.d_model, shape.d_vocab_out)
        made |= {"unembed.W_U": last.weight.T, "unembed.b_U": last.bias}
    _put(weights, made)


def _embeddings(weights: Weights, shape: Shape) -> Weights:
    sizes = {"embed.W_E": shape.d_vocab, "pos_embed.W_pos": shape.n_ctx, "registers.W_R": shape.registers}
    return {name: nn.Embedding(size, shape.d_model).weight for name, size in sizes.items() if name in weights}


def _multihead(module: str, d_model: int, heads: int) -> Weights:
    made = nn.MultiheadAttention(d_model, heads)
    matrices, biases = made.in_proj_weight.chunk(3), made.in_proj_bias.chunk(3)
    weights = {letter: _by_head(matrix, heads) for letter, matrix in zip("QKV", matrices, strict=True)}
    found = {f"{module}.W_{letter}": matrix for letter, matrix in weights.items()}
    found |= {f"{module}.b_{letter}": bias.view(heads, -1) for letter, bias in zip("QKV", biases, strict=True)}
    return found | _out(module, made.out_proj, heads)


def _attention(module: str, made: Mapping[str, nn.Linear], heads: int) -> Weights:
    found = {f"{module}.W_{letter}": _by_head(made[letter].weight, heads) for letter in "QKV"}
    found |= {f"{module}.b_{letter}": made[letter].bias.view(heads, -1) for letter in "QKV"}
    return found | _out(module, made["O"], heads)


def _by_head(matrix: Tensor, heads: int) -> Tensor:
    turned: Tensor = rearrange(matrix, "(head d_head) d_model -> head d_model d_head", head=heads)
    return turned


def _out(module: str, made: nn.Linear, heads: int) -> Weights:
    turned = rearrange(made.weight, "d_model (head d_head) -> head d_head d_model", head=heads)
    return {f"{module}.W_O": turned, f"{module}.b_O": made.bias}


def _mlp(shape: Shape, layer: int) -> Weights:
    if shape.attn_only:
        return {}
    into, out = nn.Linear(shape.d_model, shape.d_mlp), nn.Linear(shape.d_mlp, shape.d_model)
    gate = nn.Linear(shape.d_model, shape.d_mlp) if shape.gated else None
    module = f"blocks.{layer}.mlp"
    gates = {} if gate is None else {f"{module}.W_gate": gate.weight.T, f"{module}.b_gate": gate.bias}
    biases = {f"{module}.b_in": into.bias, f"{module}.b_out": out.bias}
    return {f"{module}.W_in": into.weight.T, f"{module}.W_out": out.weight.T} | biases | gates


def _put(weights: Weights, made: Weights) -> None:
    """Copies what the network has a parameter for."""
    for name, tensor in weights.items():
        if name in made:
            tensor.copy_(made[name].detach())
