"""Initial weights against the published first loss and against the library itself."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from transformer_lens_3 import only_3

from mechgrok.maths.landscape.losses import cross_entropy
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular


def _paper_train_split(p: int) -> torch.Tensor:
    """`random.seed(0)`, shuffle the triples (a, b, p), first 30 per cent; the caller's generator is put back."""
    triples = [(a, b, p) for a in range(p) for b in range(p)]
    random.Random(0).shuffle(triples)
    return torch.tensor(triples[: int(0.3 * p * p)])


@pytest.mark.parametrize(("classes", "loss"), [("vocab", 4.764052391052246), ("numbers", 4.755245)])
def test_first_loss_of_the_paper(classes: str, loss: float) -> None:
    """Published to float32 rounding over all 114 logits; over the 113 numbers to six digits."""
    train = _paper_train_split(113)
    with torch.no_grad():
        logits = Transformer().build(Modular(loss_classes=classes))(train)[:, -1]
    found = cross_entropy(logits, (train[:, 0] + train[:, 1]) % 113).item()
    assert found == pytest.approx(loss, abs=5e-7)


def test_nanda2023_has_the_papers_scales() -> None:
    model = Transformer(layers=2, d_model=256, heads=4).build(Modular(p=199))
    deviations = {name: parameter.std().item() for name, parameter in model.named_parameters() if ".W_" in name}
    assert deviations.pop("unembed.W_U") == pytest.approx(200**-0.5, rel=0.02)
    assert deviations.pop("pos_embed.W_pos") == pytest.approx(1 / 16, rel=0.1)
    assert list(deviations.values()) == pytest.approx([1 / 16] * 13, rel=0.02)


def test_a_second_layer_continues_the_draws() -> None:
    """The first layer of a deeper model has the same weights, the second others."""
    task = Modular(p=7)
    one, two = (dict(Transformer(layers=layers).build(task).named_parameters()) for layers in (1, 2))
    first = [name for name in one if name.startswith(("blocks", "embed", "pos_embed"))]
    assert all(torch.equal(one[name], two[name]) for name in first)
    assert not torch.equal(two["blocks.1.attn.W_Q"], two["blocks.0.attn.W_Q"])
    assert not torch.equal(one["unembed.W_U"], two["unembed.W_U"])


@only_3
def test_transformer_lens_is_the_librarys_bit_for_bit() -> None:
    """The library's grokking demo, seed 999, built by the library alone."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    sizes = {"n_layers": 1, "n_heads": 4, "d_model": 128, "d_head": 32, "d_mlp": 512, "d_vocab": 114, "d_vocab_out": 113, "n_ctx": 3}
    library_state = random.getstate(), np.random.get_state()
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore", DeprecationWarning)
        demo = HookedTransformer(HookedTransformerConfig(**sizes, act_fn="relu", normalization_type=None, seed=999, device="cpu"))
    random.setstate(library_state[0])
    np.random.set_state(library_state[1])
    ours = Transformer(init="transformer_lens", seed=999, biases="none").build(Modular(loss_classes="numbers")).state_dict()
    assert ours.keys() == demo.state_dict().keys()
    assert [name for name, tensor in demo.state_dict().items() if not torch.equal(tensor, ours[name])] == []


@pytest.mark.parametrize("init", ["nanda2023", "transformer_lens"])
def test_seeds_matter_and_the_callers_random_numbers_do_not(init: str) -> None:
    task, names = Modular(p=5), ("embed.W_E", "unembed.W_U")
    before = torch.random.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    first = dict(Transformer(init=init, seed=1).build(task).named_parameters())
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert (np.random.get_state()[1] == before[2]).all()
    torch.rand(5)
    again = dict(Transformer(init=init, seed=1).build(task).named_parameters())
    other = dict(Transformer(init=init, seed=2).build(task).named_parameters())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in names)


def _deviations(**options: Any) -> dict[str, float]:
    model = Transformer(d_model=256, heads=4, d_mlp=1024, **options).build(Modular(p=199))
    return {name.rpartition(".")[2]: parameter.std().item() for name, parameter in model.named_parameters() if "_pos" not in name}


def test_scales_of_the_sources() -> None:
    """Normal over the root of 256 but for what is said here."""
    furuta = _deviations(init="furuta2024", positions="none", biases="none")
    assert furuta.pop("W_E") == pytest.approx(200**-0.5, rel=0.02)
    assert [furuta[name] for name in furuta if name.startswith("W")] == pytest.approx([1 / 16] * 7, rel=0.02)
    inglis = _deviations(init="inglis2023", registers=100)
    assert inglis.pop("W_in") == pytest.approx(1 / 32, rel=0.02)
    assert inglis.pop("W_U") == pytest.approx(200**-0.5, rel=0.02)
    assert [inglis[name] for name in inglis if name.startswith("W")] == pytest.approx([1 / 16] * 7, rel=0.02)


@pytest.mark.parametrize("init", ["devon2024", "power2022"])
def test_torchs_scales(init: str) -> None:
    """Embeddings normal with deviation 1, maps uniform within 1 / sqrt(inputs), nn.MultiheadAttention's by Xavier."""
    found = _deviations(init=init, biases="all")
    uniform = 256**-0.5 / 3**0.5
    into = (6 / (256 + 3 * 256)) ** 0.5 / 3**0.5 if init == "devon2024" else uniform
    expected = dict.fromkeys(("W_Q", "W_K", "W_V"), into) | {"W_O": uniform, "W_in": uniform, "W_out": 1024**-0.5 / 3**0.5, "W_E": 1.0}
    expected["W_U"] = 1.0 if init == "devon2024" else uniform
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=0.02)
    assert found["b_in"] == pytest.approx(uniform, rel=0.1)


def test_torchs_modules_are_made_one_after_the_other() -> None:
    torch.manual_seed(3)
    tokens, positions = torch.nn.Embedding(6, 8), torch.nn.Embedding(3, 8)
    attention, into, out = torch.nn.MultiheadAttention(8, 2), torch.nn.Linear(8, 10), torch.nn.Linear(10, 8)
    last = torch.nn.Embedding(6, 8)
    model = Transformer(d_model=8, heads=2, d_mlp=10, init="devon2024", biases="blocks", seed=3).build(Modular(p=5))
    block = model.blocks[0]
    assert torch.equal(model.embed.W_E, tokens.weight)
    assert torch.equal(model.pos_embed.W_pos, positions.weight)
    assert torch.equal(torch.cat([block.attn.W_Q[1].T, block.attn.W_K[0].T]), attention.in_proj_weight[4:12])
    assert torch.equal(block.attn.W_O.flatten(0, 1).T, attention.out_proj.weight)
    assert torch.equal(block.mlp.W_in.T, into.weight)
    assert torch.equal(block.mlp.b_out, out.bias)
    assert torch.equal(model.unembed.W_U.T, last.weight)
