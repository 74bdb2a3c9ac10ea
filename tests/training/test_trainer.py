"""One update and one evaluation, against the library's own network, loss and optimiser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from plain_training import loss, split, table, trainer
from trained_runs import config, torch_settings_kept

from mechgrok.config import Config
from mechgrok.models.architecture import Architecture
from mechgrok.models.forward import fast_forward
from mechgrok.training.batches import Batches


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with torch_settings_kept():
        torch.set_num_threads(1)
        yield


CONFIGS = {
    "paper": {},
    "two layers with LayerNorm": {"model__layers": 2, "model__normalization": "LN", "model__biases": "all"},
    "p logits": {"task__loss_classes": "numbers", "model__init": "transformer_lens", "model__biases": "none"},
    "attention only": {"model__attn_only": True},
}
configurations = pytest.mark.parametrize("changed", CONFIGS.values(), ids=CONFIGS)


@configurations
def test_the_first_loss_is_the_plain_networks(changed: dict[str, Any]) -> None:
    made = config(**changed)
    model = made.model.build(made.task)
    found = trainer(made).update(0)
    assert found.item() == pytest.approx(loss(model, split()["train"]).item(), rel=1e-6)
    assert found.dtype == torch.float64


@configurations
def test_evaluation_is_that_of_the_plain_network(changed: dict[str, Any]) -> None:
    made = config(**changed)
    model = made.model.build(made.task)
    found = trainer(made).evaluate()
    assert [each.split for each in found] == ["train", "test"]
    for each in found:
        tokens, labels = table(split()[each.split])
        right = model(tokens)[:, -1].argmax(1) == labels
        assert each.loss == pytest.approx(loss(model, split()[each.split]).item(), rel=1e-6)
        assert (each.rows, each.accuracy) == (len(labels), right.double().mean().item())


def plain_training(made: Config, updates: int) -> tuple[Any, list[float]]:
    """The library's network, torch's cross-entropy, optimiser and schedule, and nothing of ours."""
    model = made.model.build(made.task)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, betas=(0.9, 0.98), weight_decay=1.0)
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(step / 10, 1.0))
    seen = []
    for _ in range(updates):
        optimizer.zero_grad()
        now = loss(model, split()["train"])
        now.backward()
        optimizer.step()
        rates.step()
        seen.append(now.item())
    return model, seen


@pytest.mark.parametrize("updates", [1, 2, 15])
def test_updates_are_those_of_adamw_with_warm_up(updates: int) -> None:
    """One update moves an entry by at most the rate; entries agree to a thousandth of the way they can have gone."""
    made = config()
    ours = trainer(made, "plain")
    losses = [ours.update(step).item() for step in range(updates)]
    model, expected = plain_training(made, updates)
    assert losses == pytest.approx(expected, rel=1e-6)
    furthest = sum(1e-3 * min(step / 10, 1.0) for step in range(updates))
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(ours.parameters[name], parameter, rtol=1e-6, atol=1e-3 * furthest, msg=name)


def test_the_first_update_has_rate_zero() -> None:
    ours = trainer(config())
    before = {name: parameter.detach().clone() for name, parameter in ours.parameters.items()}
    first = ours.update(0)
    assert all(torch.equal(before[name], parameter) for name, parameter in ours.parameters.items())
    assert first == ours.update(1)
    assert first != ours.update(2)


def test_without_warm_up_the_first_update_has_the_full_rate() -> None:
    ours = trainer(config(schedule__steps=0, optimizer__lr=0.01, optimizer__weight_decay=0.0))
    before = ours.parameters["unembed.W_U"].detach().clone()
    ours.update(0)
    assert ours.optimizer.param_groups[0]["lr"] == 0.01
    assert (ours.parameters["unembed.W_U"].detach() - before).abs().max().item() == pytest.approx(0.01, rel=1e-3)


@configurations
def test_fast_and_plain_agree_in_the_first_steps(changed: dict[str, Any]) -> None:
    fast, plain = (trainer(config(**changed), forward) for forward in ("fast", "plain"))
    losses = [[each.update(step).item() for step in range(12)] for each in (fast, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0][11] < losses[0][0]


def test_an_obstacle_to_the_fast_forward_is_logged_and_gone_around(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain = trainer(config(), "plain").update(0)
    assert not caplog.records
    monkeypatch.setattr(Architecture, "obstacle", lambda *_: "the moon is full")
    monkeypatch.setattr(fast_forward, "forward", lambda *_: pytest.fail("the fast forward was used"))
    assert trainer(config()).update(0) == plain
    assert [record.getMessage() for record in caplog.records] == ["training with the plain forward: the moon is full"]


@pytest.mark.parametrize(
    ("biases", "frozen"), [("none", {"b_Q", "b_K", "b_V", "b_O", "b_in", "b_out", "b_U"}), ("mlp", {"b_Q", "b_K", "b_V", "b_O", "b_U"})]
)
@pytest.mark.parametrize("forward", ["fast", "plain"])
def test_frozen_biases_stay_zero_and_out_of_the_optimiser(biases: str, frozen: set[str], forward: str) -> None:
    ours = trainer(config(model__biases=biases, optimizer__lr=0.01), forward)
    before = {name: parameter.detach().clone() for name, parameter in ours.parameters.items()}
    for step in range(5):
        ours.update(step)
    held = {id(parameter) for group in ours.optimizer.param_groups for parameter in group["params"]}
    still = {name for name in before if torch.equal(before[name], ours.parameters[name])}
    assert {name.rpartition(".")[2] for name in still} == frozen
    assert not any(ours.parameters[name].any() for name in still)
    assert {name for name, parameter in ours.parameters.items() if id(parameter) not in held} == still


def test_a_minibatch_is_trained_on_its_own_rows() -> None:
    made = config(training__batch=5, training__seed=4)
    ours, model = trainer(made), made.model.build(made.task)
    rows = Batches(np.sort(split()["train"]), 5, 4)
    first = loss(model, rows.at(0).tolist()).item()
    second = loss(model, rows.at(1).tolist()).item()
    assert [ours.update(0).item(), ours.update(1).item()] == pytest.approx([first, second], rel=1e-6)
    assert first != pytest.approx(second, rel=1e-3)


def test_a_batch_larger_than_train_is_the_full_batch_in_another_order() -> None:
    losses = [[trainer(config(training__batch=batch)).update(step).item() for step in range(2)] for batch in (1000, "full")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_when_everything_is_train_there_is_no_test_row() -> None:
    found = trainer(config(split__fraction=1.0)).evaluate()
    assert [(each.split, each.rows) for each in found] == [("train", 49)]


def test_the_precision_of_the_loss_can_be_chosen() -> None:
    assert trainer(config(training__loss_dtype="float32")).update(0).dtype == torch.float32


def test_a_state_holds_all_that_an_update_depends_on() -> None:
    """Another trainer with the state goes on with the same bytes; without the moments it does not."""
    made = config(schedule__steps=0)
    one, other, without = trainer(made), trainer(config(schedule__steps=0, model__seed=9)), trainer(made)
    for step in range(4):
        one.update(step)
    state = {name: tensor.clone() for name, tensor in one.state().items()}
    other.restore(state)
    without.restore({name: tensor for name, tensor in state.items() if name.startswith("weights.")})
    for each in (one, other, without):
        each.update(4)
    assert all(torch.equal(one.parameters[name], other.parameters[name]) for name in one.parameters)
    assert not torch.equal(one.parameters["unembed.W_U"], without.parameters["unembed.W_U"])
