"""The parts of networks in which weights are sampled: their names, their order, what they hold."""

from __future__ import annotations

import torch

from mechgrok.measures.sampling.components import components

SHAPES = {
    "unembed.W_U": (4, 5),
    "ln_final.w": (4,),
    "blocks.0.mlp.W_in": (4, 3),
    "blocks.0.ln1.w": (4,),
    "blocks.1.attn.W_Q": (2, 4, 2),
    "blocks.0.lstm.W_h": (4, 4),
    "pos_embed.W_pos": (3, 4),
    "embed.W_E": (5, 4),
    "net.0.weight": (4, 4),
    "net.0.bias": (4,),
    "scale": (1,),
}


def test_they_are_in_the_order_of_the_forward_pass() -> None:
    labels = [each.label for each in components({name: torch.zeros(shape) for name, shape in SHAPES.items()})]
    outside = ["embedding", "net.0", "positions", "scale"]
    assert labels == [*outside, "L0 ln1", "L0 lstm", "L0 MLP", "L1H0", "L1H1", "ln_final", "unembedding"]


def test_a_module_is_one_component() -> None:
    found = {each.label: each.names for each in components({name: torch.zeros(shape) for name, shape in SHAPES.items()})}
    assert found["net.0"] == ("net.0.bias", "net.0.weight")
