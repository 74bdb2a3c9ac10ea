"""Initial weights, those of the published runs number for number where they can be. The caller's random numbers are left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from mechgrok.models.init import torch_defaults

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer

_LAYOUTS = {
    "W_E": ("vocab d_model", "d_model vocab"),
    "W_pos": ("pos d_model", "pos d_model"),
    "W_K": ("head d_model d_head", "head d_head d_model"),
    "W_Q": ("head d_model d_head", "head d_head d_model"),
    "W_V": ("head d_model d_head", "head d_head d_model"),
    "W_O": ("head d_head d_model", "d_model (head d_head)"),
    "W_in": ("d_model d_mlp", "d_mlp d_model"),
    "W_out": ("d_mlp d_model", "d_model d_mlp"),
}
"""TransformerLens' layout of each matrix and the paper's, in the order in which the paper draws them (W_U comes last)."""


def nanda2023(model: HookedTransformer, seed: int) -> None:
    """The initialisation of Nanda et al. 2023 (arXiv 2301.05217, released code): every matrix normal, in the paper's order and layout.

    The standard deviation is 1 / sqrt(d_model), that of W_U 1 / sqrt(d_vocab). The paper has one layer with an MLP and as many classes as
    tokens. Further layers follow in the order of its code; without an MLP its two matrices are left out; where there are fewer classes
    than tokens the last columns of W_U are dropped after drawing; registers are drawn last. LayerNorm weights stay one.
    """
    d_model, columns = model.cfg.d_model, max(model.cfg.d_vocab, model.cfg.d_vocab_out)
    _normal(model, seed, {"W_U": columns}, d_model)


def furuta2024(model: HookedTransformer, seed: int) -> None:
    """The scales of Furuta et al. 2024 (arXiv 2402.16726, released code): as nanda2023, but W_E over sqrt(d_vocab), W_U over sqrt(d_model).

    That code never seeds its draws, so there are no numbers of its own to give again; they are drawn as nanda2023's are.
    """
    _normal(model, seed, {"W_E": model.cfg.d_vocab}, model.cfg.d_model)


def inglis2023(model: HookedTransformer, seed: int) -> None:
    """The scales of Inglis' grokking-experiments: as nanda2023, but maps over the root of what they lead to: W_in over sqrt(d_mlp).

    Its seed is spent on other draws too, so its numbers are not given again; they are drawn as nanda2023's are.
    """
    cfg = model.cfg
    inner = dict.fromkeys(("W_Q", "W_K", "W_V"), cfg.n_heads * cfg.d_head)
    _normal(model, seed, inner | {"W_in": cfg.d_mlp, "W_U": max(cfg.d_vocab, cfg.d_vocab_out)}, cfg.d_model)


def _normal(model: HookedTransformer, seed: int, inverse_variance: Mapping[str, int | None], otherwise: int) -> None:
    """Every matrix normal, in the paper's order and layout, over the root of its inverse variance, by default `otherwise`."""
    parameters = dict(model.named_parameters())
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name in _in_order(list(parameters)):
            leaf = name.rpartition(".")[2]
            parameters[name].copy_(_draw(parameters[name], leaf, inverse_variance.get(leaf) or otherwise))
        if "unembed.W_U" in parameters:
            columns = max(model.cfg.d_vocab, model.cfg.d_vocab_out)
            drawn = torch.randn(model.cfg.d_model, columns) / np.sqrt(inverse_variance.get("W_U") or otherwise)
            parameters["unembed.W_U"].copy_(drawn[:, : model.cfg.d_vocab_out])
        if "registers.W_R" in parameters:
            parameters["registers.W_R"].copy_(torch.randn(parameters["registers.W_R"].shape) / np.sqrt(otherwise))


def transformer_lens(model: HookedTransformer, seed: int) -> None:
    """The library's own: every W normal with standard deviation 0.8 / sqrt(d_model), in the order of `named_parameters`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model.init_weights()


INITIALISATIONS: dict[str, Callable[[HookedTransformer, int], None]] = {
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
