"""The presets of the sources as runs: their rows, sizes, first loss and first steps, each from its description with torch alone."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from described_networks import Weights
from described_sources import SOURCES, Source, quotient, squared
from torch import Tensor
from trained_runs import torch_settings_kept

from mechgrok.config import Config
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS
from mechgrok.training.trainer import Trainer

sources = pytest.mark.parametrize("name", SOURCES)


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with torch_settings_kept():
        yield


def table(source: Source, p: int) -> tuple[Tensor, Tensor]:
    """Tokens and labels of all pairs that have a label, row by row."""
    pairs = [(a, b) for a, b in product(range(p), repeat=2) if b or source.label is not quotient]
    return torch.tensor([source.tokens(a, b, p) for a, b in pairs]), torch.tensor([source.label(a, b, p) for a, b in pairs])


def trainer(made: Config) -> Trainer:
    mask = made.split.train_rows(made.task)
    return Trainer(made, mask, Execution("cpu", 1, "fast"), made.corruption.labels(made.task, mask))


def smaller(made: Config, p: int) -> Config:
    """The same modulo another p, and without dropout, whose masks are ours."""
    dropout = {"mlp_dropout": 0.0} if "mlp_dropout" in type(made.model).model_fields else {}
    return made.model_copy(
        update={"task": made.task.model_copy(update={"p": p}), "model": made.model.model_copy(update=dropout)},
    )


@sources
def test_rows_and_labels_are_the_sources(name: str) -> None:
    source, made = SOURCES[name], PRESETS[name].config
    tokens, labels = table(source, made.task.p)
    mask = made.split.train_rows(made.task)
    train = np.flatnonzero(mask)
    assert (len(train), int((~mask).sum())) == source.rows
    assert train.tolist() == sorted(source.train(len(labels)))
    assert np.array_equal(made.task.inputs(), tokens.numpy())
    corrupted = made.corruption.labels(made.task, mask)
    found = made.task.labels() if corrupted is None else corrupted.trained
    assert np.array_equal(found[train], labels.numpy()[train])


@sources
def test_the_network_has_as_many_parameters(name: str) -> None:
    made = PRESETS[name].config
    model = made.model.build(made.task)
    assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == SOURCES[name].parameters


def test_zhongs_file_has_as_many() -> None:
    folder = Path(os.environ.get("MECHGROK_ORACLES", Path(__file__).parents[3] / "shared" / "oracles"))
    path = folder / "zhong2023" / "model_p99zdpze5l.pt"
    if not path.is_file():
        pytest.skip("needs the published weights of Zhong et al. 2023; set MECHGROK_ORACLES")
    weights = torch.load(path, weights_only=True, map_location="cpu")
    assert sum(each.numel() for key, each in weights.items() if not key.endswith("mask")) == SOURCES["zhong2023"].parameters


@sources
def test_the_first_loss_is_what_the_scales_of_the_weights_say(name: str) -> None:
    """Cross-entropy of logits with variance v is ln(classes) + v / 2; squared error is 1 / classes + v.

    That the labels' own logits are not zero on average adds a number of deviation sqrt(v / classes), 2 / classes times that for squares.
    """
    source = SOURCES[name]
    found = trainer(PRESETS[name].config).evaluate()[0].objective
    least, most = source.variance
    deviation = math.sqrt(most / source.classes)
    if source.loss is squared:
        assert abs(found - 1 / source.classes - most) < 4 * 2 / source.classes * deviation
    else:
        assert math.log(source.classes) + least / 2 - 4 * deviation < found < math.log(source.classes) + most / 2 + 4 * deviation


def test_the_papers_first_loss_is_the_published_one() -> None:
    assert trainer(PRESETS["nanda2023"].config).evaluate()[0].loss == pytest.approx(4.764052391052246, rel=1e-6)


@sources
@pytest.mark.long
def test_the_first_steps_are_those_of_a_plain_loop(name: str) -> None:
    source, made = SOURCES[name], smaller(PRESETS[name].config, SOURCES[name].p)
    ours, start = trainer(made), made.model.initial(made.task)
    losses, end = plain_loop(source, made, ours)
    assert [ours.update(step).item() for step in range(4)] == pytest.approx(losses, rel=3e-6)
    moved = torch.cat([(end[key] - start[key]).flatten() for key in end])
    found = torch.cat([(ours.parameters[key].detach() - start[key]).flatten() for key in end])
    assert float((found - moved).norm() / moved.norm()) < 0.003


def plain_loop(source: Source, made: Config, ours: Trainer) -> tuple[list[float], Weights]:
    """Objectives of four steps in float64, from the same initial weights on the rows of our batches, and the weights after them."""
    tokens, labels = table(source, source.p)
    train = torch.tensor(sorted(source.train(len(labels))))
    weights = {key: each.double().requires_grad_() for key, each in made.model.initial(made.task).items()}
    optimizer = source.optimizer(list(weights.values()))
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(step / source.warm_up, 1) if source.warm_up else 1.0)
    losses = []
    for step in range(4):
        drawn = ours._batches.at(step)
        rows = train if drawn is None else torch.from_numpy(drawn)
        assert step or len(rows) == source.batch(len(train))
        assert set(rows.tolist()) <= set(train.tolist())
        optimizer.zero_grad()
        loss = source.loss(source.network(weights, tokens[rows]), labels[rows])
        loss.backward()
        torch.nn.utils.clip_grad_norm_([each for each in weights.values() if each.grad is not None], source.clip)
        optimizer.step()
        rates.step()
        losses.append(loss.item())
    return losses, {key: each.detach() for key, each in weights.items()}
