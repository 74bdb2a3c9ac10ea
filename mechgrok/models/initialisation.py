"""Initial weights, number for number those of the published runs. The caller's random numbers are left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

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
    than tokens the last columns of W_U are dropped after drawing. LayerNorm weights stay one.
    """
    parameters = dict(model.named_parameters())
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name in _in_order(list(parameters)):
            parameters[name].copy_(_draw(parameters[name], name.rpartition(".")[2]))
        columns = max(model.cfg.d_vocab, model.cfg.d_vocab_out)
        model.unembed.W_U.copy_((torch.randn(model.cfg.d_model, columns) / np.sqrt(columns))[:, : model.cfg.d_vocab_out])


def transformer_lens(model: HookedTransformer, seed: int) -> None:
    """The library's own: every W normal with standard deviation 0.8 / sqrt(d_model), in the order of `named_parameters`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model.init_weights()


INITIALISATIONS: dict[str, Callable[[HookedTransformer, int], None]] = {"nanda2023": nanda2023, "transformer_lens": transformer_lens}


def _in_order(names: list[str]) -> list[str]:
    """The matrices other than W_U: those of the embedding, then block by block."""
    drawn = list(_LAYOUTS)
    known = [name for name in names if name.rpartition(".")[2] in drawn]
    return sorted(known, key=lambda name: (_block(name), drawn.index(name.rpartition(".")[2])))


def _block(name: str) -> int:
    return int(name.split(".")[1]) if name.startswith("blocks.") else -1


def _draw(like: Tensor, matrix: str) -> Tensor:
    """A normal draw in the paper's layout, over sqrt(d_model), turned into the layout of `like`."""
    ours, theirs = _LAYOUTS[matrix]
    heads = {"head": like.shape[0]} if "(head" in theirs else {}
    d_model = like.shape[ours.split().index("d_model")]
    drawn = torch.randn(rearrange(like, f"{ours} -> {theirs}").shape) / np.sqrt(d_model)
    turned: Tensor = rearrange(drawn, f"{theirs} -> {ours}", **heads)
    return turned
