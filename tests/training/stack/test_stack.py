"""The updates and evaluations of stacked runs are those of each run alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from trained_runs import config, torch_settings_kept

from mechgrok.api.settings import seeded
from mechgrok.config import Config
from mechgrok.training.execution import Execution
from mechgrok.training.stack.evaluation import StackEvaluator
from mechgrok.training.stack.member import Member
from mechgrok.training.stack.stack import Stack
from mechgrok.training.trainer import Trainer

UPDATES = 200
SEEDS = (0, 1, 5)


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with torch_settings_kept():
        torch.set_num_threads(1)
        yield


def members(made: Config, seeds: Sequence[int] = SEEDS) -> list[Member]:
    """Runs in float64."""
    configs = [seeded(made, seed) for seed in seeds]
    found = [Member(each, each.split.train_rows(each.task)) for each in configs]
    for each in found:
        each.restore({name: tensor.double() for name, tensor in each.state().items()})
    return found


def alone(member: Member) -> Trainer:
    """The same run by itself, in float64."""
    trainer = Trainer(member.config, member.is_train, Execution("cpu", 1))
    for parameter in trainer.parameters.values():
        parameter.data = parameter.data.double()
    return trainer


CONFIGS: dict[str, dict[str, Any]] = {
    "paper": {},
    "all biases": {"model__biases": "all"},
    "p logits": {"task__loss_classes": "numbers"},
    "batches": {"training__batch": 9},
    "replacement": {"training__batch": 9, "training__sampling": "replacement"},
    "clipped": {"training__clip_norm": 0.05},
    "grokfast": {"gradient": {"kind": "grokfast"}},
    "matrices decay": {"model__biases": "all", "optimizer": {"kind": "adamw", "decay_scope": ["matrices"]}},
    "sgd": {"optimizer": {"kind": "sgd", "lr": 0.1}},
    "rmsprop": {"optimizer": {"kind": "rmsprop"}},
    "frozen": {"start": {"freeze": ["embed"]}},
    "warm-up": {"schedule": {"kind": "linear-warmup", "steps": 50}},
}


@pytest.mark.parametrize(
    "changed", [pytest.param(each, id=name, marks=() if name == "paper" else pytest.mark.long) for name, each in CONFIGS.items()]
)
def test_losses_are_those_of_single_runs(changed: dict[str, Any]) -> None:
    """In float64 over the first 200 updates, to 1e-10; evaluated losses, some above 20 nats, to 1e-10 of their size."""
    runs = members(config(training__steps=UPDATES, **changed))
    stack, singles = Stack(runs, torch.device("cpu")), [alone(each) for each in runs]
    losses = []
    for step in range(UPDATES):
        losses.append(stack.update(step).clone())
        assert (losses[-1] - torch.stack([each.update(step) for each in singles])).abs().max() < 1e-10, step
    assert (losses[-1] < losses[0] - 0.1).all()  # they have learnt something
    for found, single in zip(StackEvaluator(stack).evaluate(), singles, strict=True):
        for ours, theirs in zip(found, single.evaluate(), strict=True):
            assert (ours.split, ours.rows, ours.accuracy) == (theirs.split, theirs.rows, theirs.accuracy)
            assert ours.loss == pytest.approx(theirs.loss, rel=1e-10, abs=1e-10)


def test_a_stack_goes_on_from_its_states_bit_for_bit() -> None:
    made = config(training__batch=9, gradient={"kind": "grokfast"})
    whole = Stack(members(made), torch.device("cpu"))
    runs = members(made)
    for step in range(30):
        whole.update(step)
        if step % 7 == 0:
            stack = Stack(runs, torch.device("cpu"))
        stack.update(step)
        if step % 7 == 6:
            tensors = {name: tensor.clone() for name, tensor in stack.tensors().items()}
            for place, each in enumerate(runs):
                each.take(tensors, place)
    expected, found = whole.tensors(), stack.tensors()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_the_state_of_a_run_is_that_of_a_trainer() -> None:
    runs = members(config())
    stack, single = Stack(runs, torch.device("cpu")), alone(runs[1])
    stack.update(0)
    single.update(0)
    runs[1].take(stack.tensors(), 1)
    expected = single.state()
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in runs[1].state().items()} == {
        name: (tensor.shape, tensor.dtype) for name, tensor in expected.items()
    }
    assert all((runs[1].state()[name] - tensor).abs().max() < 1e-12 for name, tensor in expected.items())


def test_the_step_of_a_loss_that_is_not_finite_is_known_later() -> None:
    stack = Stack(members(config()), torch.device("cpu"))
    for step in range(3):
        stack.update(step)
    with torch.no_grad():
        stack.parameters["unembed.W_U"][1] = torch.nan
    for step in range(3, 8):
        stack.update(step)
    assert stack.finite.counts().tolist() == [8, 3, 8]
    assert stack.finite.losses().isnan().tolist() == [False, True, False]
    assert all(each.isfinite().all() for name, tensor in stack.tensors().items() if tensor.ndim for each in tensor[::2])
