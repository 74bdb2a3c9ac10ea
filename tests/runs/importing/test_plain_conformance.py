"""Plain transformers of random sizes, depths, forms and names: the recognised network computes what the module does."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from plain_modules import Plain, facts, trained
from torch import Tensor, nn

from mechgrok.engine.analyze import analyze
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.inference.interpretation import Interpretation
from mechgrok.runs.importing.inference.rows import Row
from mechgrok.runs.importing.networks.recognition import recognise_network
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import open_run

NAMES: list[list[tuple[str, str]]] = [
    [],
    [(r"\bblocks\b", "layers"), ("fc1", "linear1"), ("fc2", "linear2"), (r"\battn\b", "self_attn"), ("tok_emb", "embedding")],
    [(r"\bblocks\b", "h"), ("fc1", "mlp.c_fc"), ("fc2", "mlp.c_proj"), (r"\bnorm", "ln_"), ("tok_emb", "wte"), ("pos_emb", "wpe")],
    [(r"\bblocks\b", "transformer.blocks"), ("fc1", "ff.0"), ("fc2", "ff.2"), (r"\bnorm", "ln"), ("tok_emb", "token_embedding")],
    [(r"^", "module."), ("fc1", "mlp.up"), ("fc2", "mlp.down"), (r"\bnorm", "layer_norm"), ("head", "unembed"), ("ln_f", "final_norm")],
    [(r"^", "net._orig_mod."), ("fc1", "feed_forward.net.0"), ("fc2", "feed_forward.net.3"), ("head", "lm_head")],
]
"""Patterns of names, and the words in their place."""


def drawn(seed: int) -> tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]:
    """The arguments of a module, its reading, and other names."""
    draw = random.Random(seed)
    heads, d_head, p = draw.choice([1, 2, 3, 4]), draw.choice([4, 6, 8]), draw.choice([7, 11])
    form, norm = draw.choice(["blocks", "heads", "separate", "by head"]), draw.choice([None, nn.LayerNorm, nn.RMSNorm])
    post, act, rotary = draw.random() < 0.3, draw.choice(["relu", "gelu", "silu", "tanh"]), draw.choice([None, None, "halves", "pairs"])
    gate = draw.choice([None, None, "three", "halves"])
    row = draw.choice([("a", "b", p), ("a", "b"), ("a", p, "b", p + 1)])
    how = {
        "p": p,
        "row": row,
        "width": heads * d_head,
        "heads": heads,
        "neurons": draw.choice([19, 40, 57]),
        "layers": draw.choice([1, 2, 3]),
    }
    how |= {"form": form, "norm": norm, "post": post, "act": act, "rotary": rotary, "gate": gate, "scaled": draw.random() < 0.3}
    how |= {"final": draw.random() < 0.7, "tied": draw.random() < 0.3, "causal": draw.random() < 0.7}
    how |= {"groups": 1} if form == "separate" and draw.random() < 0.5 else {}
    how |= {"groups": heads // 2, "form": draw.choice(["blocks", "groups"])} if heads % 2 == 0 and draw.random() < 0.3 else {}
    return how, _reading(how), draw.choice(NAMES)


def _reading(how: dict[str, Any]) -> dict[str, Any]:
    kinds = {nn.LayerNorm: ("LN", "post"), nn.RMSNorm: ("RMS", "postRMS")}
    words = tuple(str(word) for word in how["row"])
    return {
        "row": Row(how["p"], words),
        "read": "last",
        "classes": "numbers",
        "fused": f"{how['form']} qkv",
        "matrices": "as named",
        "normalization": None if how["norm"] is None else kinds[how["norm"]][how["post"]],
        "embedding_scale": "sqrt(d_model)" if how["scaled"] else "1",
        "positions": {"halves": "rotary", "pairs": "rotary in pairs"}.get(how["rotary"] or ""),
        "heads": how["heads"],
        "attention_scale": "1/sqrt(d_head)",
        "mask": "causal" if how["causal"] else "bidirectional",
        "activation": how["act"],
        "gate": "second" if how["gate"] == "halves" else "first",
        # The default of nn.RMSNorm in double precision, in which the test computes.
        "eps": torch.finfo(torch.float64).eps if how["norm"] is nn.RMSNorm else None,
    }


def renamed(state: dict[str, Tensor], names: list[tuple[str, str]]) -> dict[str, Tensor]:
    found = {}
    for name, tensor in state.items():
        for pattern, word in names:
            name = re.sub(pattern, word, name)
        found[name] = tensor
    return found


@pytest.mark.parametrize("seed", range(60))
def test_the_network_computes_what_the_module_does(seed: int) -> None:
    how, reading, names = drawn(seed)
    torch.manual_seed(seed)
    module = Plain(**how).double()
    state = {name: tensor + 0.1 * torch.randn_like(tensor) for name, tensor in module.state_dict().items()}
    module.load_state_dict(state)
    structure = recognise_network(_without_prefix(renamed(state, names)))
    assert structure is not None
    found = {name: reading[name] for name in ("row", *structure.choices, "read", "classes")}
    with torch.no_grad():
        ours = Interpretation(structure, found).logits(_without_prefix(renamed(state, names)), module.inputs())[:, : how["p"]]
        assert torch.allclose(ours, module(module.inputs()), rtol=1e-9, atol=1e-9)


def _without_prefix(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As the container of a file gives it."""
    return {re.sub(r"^(module|net\._orig_mod)\.", "", name): tensor for name, tensor in state.items()}


LARGE_ENOUGH = {"p": 11, "row": ("a", "b", 11), "width": 24, "heads": 4, "neurons": 57}
"""A network of another size may be imported as one that answers the same rows, since 121 rows do not tell them apart."""


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 108))
def test_a_trained_one_is_imported_without_a_flag(seed: int, tmp_path: Path) -> None:
    how, _, names = drawn(seed)
    torch.manual_seed(seed)
    module = trained(Plain(**how | LARGE_ENOUGH | {"layers": min(how["layers"], 2)}), lambda a, b: a + b, steps=200)
    loss, accuracy = facts(module, lambda a, b: a + b)
    if loss > 0.1:
        pytest.skip("the network has not learnt its task well enough to tell readings apart")
    torch.save({"model_state_dict": renamed(module.state_dict(), names), "step": 200}, tmp_path / "network.pt")
    made = import_file(tmp_path / "network.pt", tmp_path / "run", ImportOptions())
    found = analyze(open_run(tmp_path / "run"), ["loss"], steps="last", nulls=0)["loss"].headline  # type: ignore[union-attr]
    assert (made.steps, getattr(made.config.task, "operation", None)) == ((200,), "add")
    assert (found["all"], found["accuracy_all"]) == (pytest.approx(loss, rel=1e-5), accuracy)


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
def test_scores_that_are_lowered_by_distance(heads: int, causal: bool) -> None:
    how = drawn(0)[0] | {"p": 7, "row": ("a", "b", 7), "width": 8 * heads, "heads": heads, "form": "separate", "causal": causal}
    how |= {"rotary": None, "gate": None, "groups": None, "norm": nn.LayerNorm, "tied": False, "layers": 2}
    torch.manual_seed(0)
    model = Plain(**how, alibi=True).double()
    structure = recognise_network(model.state_dict())
    assert structure is not None
    reading = _reading(how) | {"positions": "alibi", "fused": None}
    reading = {name: reading[name] for name in ("row", "read", "classes", *structure.choices)}
    found = Interpretation(structure, reading).logits(model.state_dict(), model.inputs())
    torch.testing.assert_close(found[:, :7], model(model.inputs()), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("layers", [1, 2])
def test_ends_that_are_numbered_like_the_blocks_before_them(layers: int) -> None:
    """As in one nn.Sequential(*blocks, norm, head)."""
    model = Plain(("a", "b", 7), 7, form="separate", layers=layers)
    names = {"blocks.": "model.", "ln_f.": f"model.{layers}.", "head.": f"model.{layers + 1}."}
    state = model.state_dict()
    for theirs, numbered in names.items():
        state = {re.sub(f"^{re.escape(theirs)}", numbered, name): tensor for name, tensor in state.items()}
    found, plain = recognise_network(state), recognise_network(model.state_dict())
    assert found is not None
    assert plain is not None
    assert {each.ours for each in found.recognised} == {each.ours for each in plain.recognised}
    assert {each.name for each in found.recognised} == set(state)
