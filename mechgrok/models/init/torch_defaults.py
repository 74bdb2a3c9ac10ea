"""Initial weights that PyTorch's own modules draw when they are made, put under TransformerLens' names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor, nn

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer

Weights = dict[str, Tensor]


def devon2024(model: HookedTransformer, seed: int) -> None:
    """Of nn.Embedding (normal, deviation 1; the unembedding too), nn.MultiheadAttention and nn.Linear, as in devon-research's grokking.

    Made in the order token embedding, positions, for every layer attention and the MLP's two maps, unembedding. That code draws its
    split from the same random numbers first, so its own weights are not given again. Needs d_head * heads = d_model.
    """
    cfg = model.cfg
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weights = _embeddings(model)
        for layer in range(cfg.n_layers):
            weights |= _multihead(f"blocks.{layer}.attn", cfg.d_model, cfg.n_heads) | _mlp(model, layer)
        weights["unembed.W_U"] = nn.Embedding(cfg.d_vocab_out, cfg.d_model).weight.T
    _put(model, weights)


def power2022(model: HookedTransformer, seed: int) -> None:
    """Of nn.Embedding (normal, deviation 1) and nn.Linear, as in openai/grok (Power et al. 2022, arXiv 2201.02177) and its forks.

    Made in the order token embedding, positions, for every layer W_Q, W_K, W_V, W_O of all heads and the MLP's two maps, unembedding.
    That code spends its seed on other draws too, so its own weights are not given again.
    """
    cfg = model.cfg
    inner = cfg.n_heads * cfg.d_head
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weights = _embeddings(model)
        for layer in range(cfg.n_layers):
            made = {letter: nn.Linear(cfg.d_model, inner) for letter in "QKV"} | {"O": nn.Linear(inner, cfg.d_model)}
            weights |= _attention(f"blocks.{layer}.attn", made, cfg.n_heads) | _mlp(model, layer)
        last = nn.Linear(cfg.d_model, cfg.d_vocab_out)
        weights |= {"unembed.W_U": last.weight.T, "unembed.b_U": last.bias}
    _put(model, weights)


def _embeddings(model: HookedTransformer) -> Weights:
    cfg = model.cfg
    sizes = {"embed.W_E": cfg.d_vocab, "pos_embed.W_pos": cfg.n_ctx, "registers.W_R": _rows(model, "registers.W_R")}
    known = dict(model.named_parameters())
    return {name: nn.Embedding(size, cfg.d_model).weight for name, size in sizes.items() if name in known}


def _rows(model: HookedTransformer, name: str) -> int:
    return len(dict(model.named_parameters()).get(name, ()))


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


def _mlp(model: HookedTransformer, layer: int) -> Weights:
    if model.cfg.attn_only or model.cfg.d_mlp is None:
        return {}
    into, out = nn.Linear(model.cfg.d_model, model.cfg.d_mlp), nn.Linear(model.cfg.d_mlp, model.cfg.d_model)
    module = f"blocks.{layer}.mlp"
    return {f"{module}.W_in": into.weight.T, f"{module}.b_in": into.bias, f"{module}.W_out": out.weight.T, f"{module}.b_out": out.bias}


def _put(model: HookedTransformer, weights: Weights) -> None:
    """Copies what the network has a parameter for."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in weights:
                parameter.copy_(weights[name])
