"""Weights of one network put into another: against a copy made by hand, and what does not fit."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mechgrok.config import Group
from mechgrok.discovery import kinds
from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.transformer import Transformer
from mechgrok.models.transplant import Donor, members, transplant
from mechgrok.tasks.group import GroupTask
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.task import Task

MODELS = {kind: model for kind, model in kinds("models").items() if kind not in ("unknown", "module")}
"""All that are networks: the unknown one of imported curves is none."""
SMALL = Transformer(d_model=6, heads=2, d_mlp=5, biases="all", seed=1)
SHORT = Modular(p=7, layout="a b =")
"""Tokens 0 .. 6 and '='."""
SIGNED = Modular(p=7, layout="a op b")
"""Tokens 0 .. 6 and = + - * /."""


def donor(task: Task, model: Any = SMALL) -> Donor:
    """Random weights throughout, biases too."""
    generator = torch.Generator().manual_seed(9)
    weights = {name: torch.randn(each.shape, generator=generator) for name, each in model.initial(task).items()}
    return Donor("parent@3", task, model.architecture(task), weights)


def put(task: Task, origin: Donor, groups: list[Group], model: Any = SMALL.model_copy(update={"seed": 2})) -> tuple[Any, Any]:
    """What is there before and after."""
    fresh = model.initial(task)
    return fresh, transplant(fresh, model.architecture(task), task, origin, groups)


def test_a_smaller_vocabulary_gives_its_numbers_and_its_signs_by_label() -> None:
    origin = donor(SHORT)
    fresh, put_in = put(SIGNED, origin, ["embed", "unembed"])
    for name, axis in {"embed.W_E": 0, "unembed.W_U": 1, "unembed.b_U": 0}.items():
        by_hand = fresh[name].clone()
        for token in range(8):  # the numbers, and '=', which has the same place in both
            by_hand.select(axis, token).copy_(origin.weights[name].select(axis, token))
        assert torch.equal(put_in[name], by_hand)
        assert not torch.equal(put_in[name], fresh[name])
    others = set(fresh) - {"embed.W_E", "unembed.W_U", "unembed.b_U"}
    assert all(torch.equal(put_in[name], fresh[name]) for name in others)


def test_a_sign_is_found_where_it_stands() -> None:
    """'**2+' is token 12 of one vocabulary and 13 of the other."""
    origin = donor(Mixture(p=7, operations=("add", "a^2+b")))
    other = Mixture(p=7, operations=("a^3+b", "a^2+b"))
    assert other.token_labels.index("<a^2+b>") == 13
    fresh, put_in = put(other, origin, ["embed"])
    assert torch.equal(put_in["embed.W_E"][13], origin.weights["embed.W_E"][12])
    assert torch.equal(put_in["embed.W_E"][12], fresh["embed.W_E"][12])
    assert torch.equal(put_in["embed.W_E"][:12], origin.weights["embed.W_E"][:12])


def test_a_larger_vocabulary_gives_what_is_known() -> None:
    origin = donor(SIGNED)
    _, put_in = put(SHORT, origin, ["all"])
    assert torch.equal(put_in["embed.W_E"], origin.weights["embed.W_E"][:8])
    assert torch.equal(put_in["unembed.W_U"], origin.weights["unembed.W_U"][:, :8])


def test_classes_without_signs_are_numbers() -> None:
    origin = donor(Modular(p=7, loss_classes="numbers"))
    fresh, put_in = put(SIGNED, origin, ["unembed"])
    assert torch.equal(put_in["unembed.W_U"][:, :7], origin.weights["unembed.W_U"])
    assert torch.equal(put_in["unembed.W_U"][:, 7:], fresh["unembed.W_U"][:, 7:])


def test_numbers_are_numbers_whatever_they_are_called() -> None:
    task = GroupTask(group="symmetric", n=3)
    assert task.token_labels[:6] != tuple(map(str, range(6)))
    origin = donor(Modular(p=6))
    _, put_in = put(task, origin, ["embed"])
    assert torch.equal(put_in["embed.W_E"][:6], origin.weights["embed.W_E"][:6])


def test_a_grown_vocabulary_answers_the_old_rows_as_before() -> None:
    """All parameters loaded: the old logits are those of the parent."""
    origin, grown = donor(SHORT), Modular(p=7, layout="a b =", spare_tokens=4)
    fresh, put_in = put(grown, origin, ["all"])
    tokens = Batch.of(torch.from_numpy(SHORT.inputs()))
    exact = {name: each.double() for name, each in put_in.items()}
    before = origin.network.logits({name: each.double() for name, each in origin.weights.items()}, tokens)
    assert torch.allclose(SMALL.architecture(grown).logits(exact, tokens)[:, :8], before, rtol=1e-12, atol=1e-12)
    assert torch.equal(put_in["embed.W_E"][8:], fresh["embed.W_E"][8:])
    assert torch.equal(put_in["unembed.W_U"][:, 8:], fresh["unembed.W_U"][:, 8:])


@pytest.mark.parametrize("kind", MODELS)
def test_the_groups_are_all_parameters_each_once(kind: str) -> None:
    task = Modular(p=5, layout="a b")
    model = MODELS[kind]()
    names, network = list(model.initial(task)), model.architecture(task)
    parts = [members([group], network, names) for group in ("embed", "unembed", "body")]
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert parts[0] == ["embed.W_E"]
    assert parts[1]
    assert members(["all"], network, names) == names


def test_the_body_is_all_but_what_knows_tokens() -> None:
    origin = donor(SHORT)
    fresh, put_in = put(SIGNED, origin, ["body"])
    kept = {name for name in fresh if torch.equal(put_in[name], fresh[name])}
    assert {"embed.W_E", "unembed.W_U"} <= kept <= {"embed.W_E", "unembed.W_U", "unembed.b_U"}
    assert all(torch.equal(put_in[name], origin.weights[name]) for name in set(fresh) - {"embed.W_E", "unembed.W_U", "unembed.b_U"})


def test_nothing_is_shared_with_the_parent_s_memory() -> None:
    origin = donor(SHORT)
    _, put_in = put(SHORT, origin, ["all"])
    for each in put_in.values():
        each.zero_()
    assert all(each.any() for each in origin.weights.values())


@pytest.mark.parametrize(
    ("task", "model", "groups", "said"),
    [
        (Modular(p=11), {}, ["embed"], r"embed.W_E is \(12, 6\) here, with 11 numbers, and \(8, 6\) in parent@3, with 7; set --task.p"),
        (
            SHORT,
            {"d_model": 8},
            ["embed"],
            r"embed.W_E is \(8, 8\) here, with 7 numbers, and \(8, 6\) in parent@3, with 7; set --task.p",
        ),
        (SHORT, {"d_mlp": 9}, ["body"], r"blocks.0.mlp.W_in is \(6, 9\) here, with 7 numbers, and \(6, 5\) in parent@3, with 7"),
        (Modular(p=7, layout="a b"), {}, ["body"], r"pos_embed.W_pos is \(2, 6\) here, with 7 numbers, and \(3, 6\) in parent@3, with 7"),
        (SHORT, {"activation": "gelu"}, ["body"], "the body of parent@3 computes with activation relu, this network with gelu; give it"),
        (SHORT, {"no_residual": True}, ["all"], "the body of parent@3 computes with residual True, this network with False; give it"),
        (SHORT, {"layers": 2}, ["body"], "the body of parent@3 computes with layers 1, this network with 2; give it"),
    ],
)
def test_what_does_not_fit_is_refused(task: Task, model: dict[str, Any], groups: list[Group], said: str) -> None:
    with pytest.raises(UserError, match=said):
        put(task, donor(SHORT), groups, SMALL.model_copy(update=model))


def test_another_kind_of_network_is_refused() -> None:
    model = MODELS["embedding-mlp"](d_emb=6, width=5)
    with pytest.raises(UserError, match=r"share no parameter of that group|another kind of network"):
        put(SHORT, donor(SHORT), ["body"], model)


def test_a_perceptron_s_tokens_are_found_along_their_own_axis() -> None:
    model = MODELS["mlp"]()
    origin = donor(Modular(p=5, layout="a b"), model)
    fresh, put_in = put(Modular(p=5, layout="a b", spare_tokens=2), origin, ["all"], model)
    assert torch.equal(put_in["embed.W_E"][:, :5], origin.weights["embed.W_E"])
    assert torch.equal(put_in["embed.W_E"][:, 5:], fresh["embed.W_E"][:, 5:])
