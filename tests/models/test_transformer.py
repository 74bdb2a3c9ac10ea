"""The transformer's spec: what it refuses, which sizes it gives, which biases are trained; networks from weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.models.hooks import hooked
from mechgrok.models.parameter_shapes import blank_weights
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular

SMALL = Architecture(2, 2, 6, 3, 8, 6, 5, 3, "gelu", "LN", False)


def test_sizes_on_a_task() -> None:
    task = Modular(p=113, loss_classes="numbers")
    assert Transformer().architecture(task) == Architecture(1, 4, 128, 32, 512, 114, 113, 3, "relu", None, False)
    assert Transformer(d_head=128, n_ctx=5, normalization="LN", attn_only=True, layers=2).architecture(task) == Architecture(
        2, 4, 128, 128, 512, 114, 113, 5, "relu", "LN", True
    )


def test_the_papers_model_has_226816_parameters() -> None:
    model = Transformer().build(Modular())
    assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == 226_816


def test_heads_that_do_not_divide_need_a_width() -> None:
    with pytest.raises(UserError, match="128 is no multiple of 3 heads; set d_head"):
        Transformer(heads=3)
    assert Transformer(heads=3, d_head=32).heads == 3


def test_mlp_biases_without_an_mlp_are_refused_when_asked_for() -> None:
    with pytest.raises(UserError, match="without an MLP"):
        Transformer(attn_only=True, biases="mlp")
    assert Transformer(attn_only=True).attn_only


def test_options_of_the_function_reach_the_architecture() -> None:
    shape = Transformer(attention_coefficient=0.25, activation="quadratic").architecture(Modular(p=5, layout="a b"))
    assert shape == Architecture(1, 4, 128, 32, 512, 5, 5, 2, "quadratic", None, False, attention_coefficient=0.25)


@pytest.mark.parametrize("kind", ["LN", "RMS", "post", "postRMS", None])
def test_a_norm_before_the_unembedding_comes_with_the_norms_before_the_parts(kind: str | None) -> None:
    before = kind in ("LN", "RMS")
    task = Modular(p=5)
    assert Transformer(normalization=kind).architecture(task).normalised_end == before
    if kind:
        other = Transformer(d_model=8, heads=2, normalization=kind, final_norm=not before)
        assert ("ln_final.w" in other.initial(task)) == (not before)


@pytest.mark.parametrize("coefficient", [-0.1, 1.1, float("nan"), "half"])
def test_a_coefficient_is_a_share(coefficient: object) -> None:
    with pytest.raises(UserError, match="attention_coefficient"):
        Transformer(attention_coefficient=coefficient)


def test_rows_longer_than_the_positions_are_refused() -> None:
    with pytest.raises(UserError, match=r"n_ctx is 2, but the task's rows have 3 tokens; set it to at least 3"):
        Transformer(n_ctx=2).architecture(Modular(p=5))


@pytest.mark.parametrize(
    ("biases", "trained"), [("all", {"b_Q", "b_K", "b_V", "b_O", "b_in", "b_out", "b_U", "b"}), ("mlp", {"b_in", "b_out"}), ("none", set())]
)
def test_which_biases_are_trained(biases: str, trained: set[str]) -> None:
    spec = Transformer(layers=1, d_model=8, heads=2, d_mlp=8, normalization="LN", biases=biases)
    parameters = dict(spec.build(Modular(p=5)).named_parameters())
    leaves = {name: name.rpartition(".")[2] for name in parameters}
    assert {leaves[name] for name in parameters if leaves[name].startswith("b") and spec.trained(name)} == trained
    assert all(parameters[name].requires_grad == spec.trained(name) for name in parameters)
    assert all(spec.trained(name) for name in parameters if leaves[name].startswith(("W_", "w")))
    assert all(not parameters[name].any() for name in parameters if leaves[name].startswith("b"))


def test_from_weights_gives_the_same_function_in_the_same_dtype() -> None:
    model = Transformer(d_model=6, heads=2, d_mlp=8, layers=2, normalization="LN", activation="gelu").build(
        Modular(p=5, loss_classes="numbers")
    )
    weights = {name: tensor.double() for name, tensor in model.named_parameters()} | {"blocks.0.attn.mask": torch.zeros(3, 3)}
    tokens = torch.tensor([[0, 4, 5], [3, 3, 5]])
    rebuilt = hooked.from_weights(SMALL, weights)
    assert rebuilt.W_E.dtype == torch.float64
    assert torch.allclose(rebuilt(tokens), model.to(torch.float64)(tokens), rtol=1e-12)
    with torch.no_grad():
        rebuilt.W_E.zero_()
    assert weights["embed.W_E"].any()


def test_from_weights_names_what_is_missing_or_unknown() -> None:
    weights = blank_weights(SMALL)
    with pytest.raises(UserError, match=r"lack blocks\.1\.mlp\.W_in"):
        hooked.from_weights(SMALL, {name: tensor for name, tensor in weights.items() if name != "blocks.1.mlp.W_in"})
    with pytest.raises(UserError, match="unknown parameters x_embed"):
        hooked.from_weights(SMALL, weights | {"x_embed": torch.zeros(1)})


@pytest.mark.long
def test_the_library_is_only_imported_when_a_network_is_asked_for() -> None:
    script = (
        "import sys; from mechgrok.models.hooks import hooked; from mechgrok.models.init import initialisation;"
        "from mechgrok.models.forward import fast_forward; from mechgrok.models.transformer import Transformer;"
        "from mechgrok.tasks.modular import Modular; Transformer().architecture(Modular()); sys.exit('transformer_lens' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=False).returncode == 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"init": "devon2024", "d_head": 7}, "heads of width d_model / heads; leave d_head 7 away"),
        ({"attn_only": True, "mlp_dropout": 0.1}, "without an MLP there is nothing to drop"),
        ({"mlp_dropout": 1.0}, "less than 1"),
        ({"positions": "rotary", "d_head": 3}, "need heads of even width, not 3"),
        ({"positions": "rotary", "registers": 1}, "no registers"),
        ({"positions": "alibi", "registers": 1}, "no registers"),
        ({"final_norm": True}, "set normalization, or leave final_norm away"),
    ],
)
def test_options_that_do_not_go_together_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Transformer(**values)


def test_tied_embeddings_need_as_many_classes_as_tokens() -> None:
    with pytest.raises(UserError, match=r"7 and 8; use --task\.loss_classes vocab"):
        Transformer(tied=True).architecture(Modular(p=7, loss_classes="numbers"))
    assert Transformer(tied=True).architecture(Modular(p=7, layout="a b")).tied


def test_a_layernorm_after_the_additions_has_its_bias_trained_in_any_case() -> None:
    spec = Transformer(d_model=8, heads=2, normalization="post", biases="none")
    assert {n for n, p in spec.build(Modular(p=5)).named_parameters() if n.endswith((".b", ".w")) and p.requires_grad} == {
        f"blocks.0.ln{k}.{leaf}" for k in (1, 2) for leaf in "wb"
    }
