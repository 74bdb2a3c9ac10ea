"""Gated neurons, shared keys and values, and rotary positions of TransformerLens: read as the library computes them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from transformer_lens_3 import only_3

from mechgrok.errors import UserError
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.inference.interpretation import Interpretation
from mechgrok.runs.importing.inference.rows import Row
from mechgrok.runs.importing.recognition import recognise

P, HEADS, GROUPS, D_HEAD, D_MODEL, D_MLP = 7, 4, 2, 6, 10, 9
TOKENS = torch.cartesian_prod(torch.arange(P), torch.arange(P), torch.tensor([P]))


def state(*, pairs: bool = False, base: float = 10000.0) -> dict[str, Tensor]:
    """One block of the library with all three parts, and random weights."""
    shapes = {"embed.W_E": (P + 1, D_MODEL), "unembed.W_U": (D_MODEL, P), "unembed.b_U": (P,)}
    attention = {"W_Q": (HEADS, D_MODEL, D_HEAD), "b_Q": (HEADS, D_HEAD), "W_O": (HEADS, D_HEAD, D_MODEL), "b_O": (D_MODEL,)}
    attention |= {f"_{kind}_{letter}": (GROUPS, *size) for letter in "KV" for kind, size in (("W", (D_MODEL, D_HEAD)), ("b", (D_HEAD,)))}
    neurons = {"W_in": (D_MODEL, D_MLP), "W_gate": (D_MODEL, D_MLP), "b_in": (D_MLP,), "W_out": (D_MLP, D_MODEL), "b_out": (D_MODEL,)}
    shapes |= {f"blocks.0.attn.{name}": size for name, size in attention.items()}
    shapes |= {f"blocks.0.mlp.{name}": size for name, size in neurons.items()}
    generator = torch.Generator().manual_seed(0)
    found = {name: torch.randn(size, generator=generator) / 2 for name, size in shapes.items()}
    sin, cos = waves(3, pairs=pairs, base=base)
    return found | {"blocks.0.attn.rotary_sin": sin, "blocks.0.attn.rotary_cos": cos, "blocks.0.attn.mask": torch.ones(3, 3).tril().bool()}


def waves(length: int, *, pairs: bool, base: float) -> tuple[Tensor, Tensor]:
    rates = [base ** (-2 * (i // 2 if pairs else i % (D_HEAD // 2)) / D_HEAD) for i in range(D_HEAD)]
    angles = torch.arange(length)[:, None] * torch.tensor(rates)
    return angles.sin(), angles.cos()


def logits(w: dict[str, Tensor], *, pairs: bool) -> Tensor:
    """The library's function, after its source: gelu(x W_gate) (x W_in) + b_in are the neurons."""
    w = {name.removeprefix("blocks.0."): tensor.double() for name, tensor in w.items()}
    x = w["embed.W_E"][TOKENS]
    q = torch.einsum("bpm,hmd->bphd", x, w["attn.W_Q"]) + w["attn.b_Q"]
    k, v = (torch.einsum("bpm,hmd->bphd", x, w[f"attn._W_{c}"]) + w[f"attn._b_{c}"] for c in "KV")
    q, k = (each * w["attn.rotary_cos"][:, None] + turned(each, pairs) * w["attn.rotary_sin"][:, None] for each in (q, k))
    k, v = (each.repeat_interleave(HEADS // GROUPS, 2) for each in (k, v))
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / D_HEAD**0.5
    pattern = scores.masked_fill(torch.ones(3, 3).triu(1).bool(), -torch.inf).softmax(-1)
    x = x + torch.einsum("bhqk,bkhd,hdm->bqm", pattern, v, w["attn.W_O"]) + w["attn.b_O"]
    post = torch.nn.functional.gelu(x @ w["mlp.W_gate"]) * (x @ w["mlp.W_in"]) + w["mlp.b_in"]
    return ((x + post @ w["mlp.W_out"] + w["mlp.b_out"]) @ w["unembed.W_U"] + w["unembed.b_U"])[:, -1]


def turned(x: Tensor, pairs: bool) -> Tensor:
    if not pairs:
        return torch.cat([-x[..., D_HEAD // 2 :], x[..., : D_HEAD // 2]], -1)
    return torch.stack([-x[..., 1::2], x[..., ::2]], -1).flatten(-2)


def read(file: dict[str, Any], options: dict[str, Any]) -> Tensor:
    """The logits of the network that the importer makes of a file."""
    foreign = recognise(WeightsFile(file)).convert(WeightsFile(file))
    structure = foreign.structure
    assert structure is not None
    reading = {name: values[0] for name, values in structure.choices.items()} | options
    row = {"row": Row(P, ("a", "b", str(P))), "read": "last", "classes": "numbers"}
    network = Interpretation(structure, {**row, **reading})
    return network.logits({name: tensor.double() for name, tensor in foreign.last.items()}, TOKENS)


@pytest.mark.parametrize("base", [10000.0, 500.0])
@pytest.mark.parametrize("pairs", [False, True])
def test_the_parts_are_read_as_the_library_computes_them(pairs: bool, base: float) -> None:
    made = state(pairs=pairs, base=base)
    ours, theirs = read(made, {"activation": "gelu"}), logits(made, pairs=pairs)
    assert (ours - theirs).norm() < 1e-6 * theirs.norm()


@only_3
@pytest.mark.long
@pytest.mark.parametrize("pairs", [False, True])
def test_the_library_agrees(pairs: bool) -> None:
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    sizes = {"n_layers": 1, "d_model": D_MODEL, "n_heads": HEADS, "d_head": D_HEAD, "d_mlp": D_MLP, "n_ctx": 3, "d_vocab": P + 1}
    parts = {"gated_mlp": True, "n_key_value_heads": GROUPS, "positional_embedding_type": "rotary", "rotary_dim": D_HEAD}
    options = {"act_fn": "gelu", "normalization_type": None, "d_vocab_out": P, "rotary_adjacent_pairs": pairs, "device": "cpu"}
    model = HookedTransformer(HookedTransformerConfig(**sizes, **parts, **options))
    model.load_state_dict(state(pairs=pairs), strict=False)
    theirs = model(TOKENS)[:, -1].detach().double()
    file = {"model": model.state_dict(), "config": model.cfg.to_dict()}
    assert (read(file, {}) - theirs).norm() < 1e-5 * theirs.norm()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"blocks.0.attn.rotary_sin": torch.zeros(3, 4), "blocks.0.attn.rotary_cos": torch.ones(3, 4)}, "whole heads by one base"),
        ({"blocks.0.attn.rotary_sin": 2 * state()["blocks.0.attn.rotary_sin"]}, "whole heads by one base"),
        ({"blocks.0.attn.rotary_sin": torch.zeros(1, D_HEAD)}, "no sines"),
        ({"blocks.0.attn._W_K": torch.ones(3, D_MODEL, D_HEAD)}, "4 heads cannot share"),
        ({"blocks.0.attn.w_extra": torch.ones(3)}, "no part of a network that can be imported from its names; hand the network itself"),
    ],
)
def test_other_parts_are_refused_with_a_remedy(changes: dict[str, Tensor], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        read(state() | changes, {})


def test_a_network_without_positions_is_refused_with_a_remedy() -> None:
    kept = {name: tensor for name, tensor in state().items() if "rotary" not in name}
    with pytest.raises(UserError, match=r"lack pos_embed.W_pos.*mechgrok.analyze\(model, task=...\)"):
        read(kept, {})
