"""Initial weights, those of the published runs number for number where they can be. The caller's random numbers are left alone.

Each function fills the parameters of a shape, given by name in TransformerLens' order, in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from mechgrok.models.init import torch_defaults
from mechgrok.models.init.seeded import seeded
from mechgrok.models.init.torch_defaults import Weights
from mechgrok.models.shape import Shape

_LAYOUTS = {
    "W_E": ("vocab d_model", "d_model vocab"),
    "W_pos": ("pos d_model", "pos d_model"),
    "W_K": ("head d_model d_head", "head d_head d_model"),
    "W_Q": ("head d_model d_head", "head d_head d_model"),
    "W_V": ("head d_model d_head", "head d_head d_model"),
    "W_O": ("head d_head d_model", "d_model (head d_head)"),
    "W_in": ("d_model d_mlp", "d_mlp d_model"),
    "W_gate": ("d_model d_mlp", "d_mlp d_model"),
    "W_out": ("d_mlp d_model", "d_model d_mlp"),
}
"""TransformerLens' layout of each matrix and the paper's, in the order in which the paper draws them (W_U comes last)."""


def nanda2023(weights: Weights, shape: Shape, seed: int) -> None:
    """The initialisation of Nanda et al. 2023 (arXiv 2301.05217, released code): every matrix normal, in the paper's order and layout.

    The standard deviation is 1 / sqrt(d_model), that of W_U 1 / sqrt(d_vocab). The paper has one layer with an MLP and as many classes as
    tokens. Further layers follow in the order of its code; without an MLP its two matrices are left out; where there are fewer classes
    than tokens the last columns of W_U are dropped after drawing; registers are drawn last. LayerNorm weights stay one.
    """
    _normal(weights, shape, seed, {"W_U": max(shape.d_vocab, shape.d_vocab_out)})


def furuta2024(weights: Weights, shape: Shape, seed: int) -> None:
    """The scales of Furuta et al. 2024 (arXiv 2402.16726, released code): as nanda2023, but W_E over sqrt(d_vocab), W_U over sqrt(d_model).

    That code never seeds its draws, so there are no numbers of its own to give again; they are drawn as nanda2023's are.
    """
    _normal(weights, shape, seed, {"W_E": shape.d_vocab})


def inglis2023(weights: Weights, shape: Shape, seed: int) -> None:
    """The scales of Inglis' grokking-experiments: as nanda2023, but maps over the root of what they lead to: W_in over sqrt(d_mlp).

    Its seed is spent on other draws too, so its numbers are not given again; they are drawn as nanda2023's are.
    """
    inner = dict.fromkeys(("W_Q", "W_K", "W_V"), shape.heads * shape.d_head)
    _normal(weights, shape, seed, inner | {"W_in": shape.d_mlp, "W_U": max(shape.d_vocab, shape.d_vocab_out)})


def _normal(weights: Weights, shape: Shape, seed: int, inverse_variance: Mapping[str, int]) -> None:
    """Every matrix normal, in the paper's order and layout, over the root of its inverse variance, by default d_model."""
    with seeded(seed):
        for name in _in_order(list(weights)):
            leaf = name.rpartition(".")[2]
            weights[name].copy_(_draw(weights[name], leaf, inverse_variance.get(leaf, shape.d_model)))
        if "unembed.W_U" in weights:
            columns = max(shape.d_vocab, shape.d_vocab_out)
            drawn = torch.randn(shape.d_model, columns) / np.sqrt(inverse_variance.get("W_U", shape.d_model))
            weights["unembed.W_U"].copy_(drawn[:, : shape.d_vocab_out])
        if "registers.W_R" in weights:
            weights["registers.W_R"].copy_(torch.randn(weights["registers.W_R"].shape) / np.sqrt(shape.d_model))


def transformer_lens(weights: Weights, shape: Shape, seed: int) -> None:
    """TransformerLens' own: every W normal with standard deviation 0.8 / sqrt(d_model), in the order of its `named_parameters`."""
    with seeded(seed):
        for name, tensor in weights.items():
            if "W_" in name:
                torch.nn.init.normal_(tensor, std=0.8 / np.sqrt(shape.d_model))


INITIALISATIONS: dict[str, Callable[[Weights, Shape, int], None]] = {
    "nanda2023": nanda2023,
    "transformer_lens": transformer_lens,
    "furuta2024": furuta2024,
    "inglis2023": inglis2023,
    "devon2024": torch_defaults.devon2024,
    "power2022": torch_defaults.power2022,
}


def _in_order(names: list[str]) -> list[str]:
    """The matrices other than W_U: those of the embedding, then block by block."""
    drawn = list(_LAYOUTS)
    known = [name for name in names if name.rpartition(".")[2] in drawn]
    return sorted(known, key=lambda name: (_block(name), drawn.index(name.rpartition(".")[2])))


def _block(name: str) -> int:
    return int(name.split(".")[1]) if name.startswith("blocks.") else -1


def _draw(like: Tensor, matrix: str, inverse_variance: int) -> Tensor:
    """A normal draw in the paper's layout, over the root of that, turned into the layout of `like`."""
    ours, theirs = _LAYOUTS[matrix]
    heads = {"head": like.shape[0]} if "(head" in theirs else {}
    drawn = torch.randn(rearrange(like, f"{ours} -> {theirs}").shape) / np.sqrt(inverse_variance)
    turned: Tensor = rearrange(drawn, f"{theirs} -> {ours}", **heads)
    return turned
