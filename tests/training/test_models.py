"""Every kind of network in training: the two ways of computing it agree, and dropout depends on the step alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mechgrok.config import Config
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.execution import Execution
from mechgrok.training.trainer import Trainer

TASK = Modular(p=7, layout="a b")
SMALL: dict[str, Any] = {"d_model": 12, "heads": 3, "d_mlp": 10}
MODELS = {
    "transformer": Transformer(**SMALL, layers=2, mlp_dropout=0.2, pooling="mean", normalization="post", positions="sinusoidal"),
    "odd": Transformer(**SMALL, registers=2, softmax="softmax1", tied=True),
    "mlp": MLP(width=9),
    "quadratic-mlp": QuadraticMLP(d_mlp=9),
    "embedding-mlp": EmbeddingMLP(d_emb=8, width=6),
    "lstm": LSTM(hidden=5),
}
models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def trainer(model: Any, forward: Any = "fast") -> Trainer:
    config = Config(task=TASK, split=PythonShuffle(fraction=0.5), model=model)
    return Trainer(config, config.split.mask(49), Execution("cpu", 1, forward))


@models
def test_both_ways_of_computing_it_train_it_alike(model: Any, caplog: pytest.LogCaptureFixture) -> None:
    fast, plain = trainer(model), trainer(model, "plain")
    losses = [[each.update(step).item() for step in range(12)] for each in (fast, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][-1] != losses[0][0]
    assert not caplog.records
    assert [e.loss for e in fast.evaluate()] == pytest.approx([e.loss for e in plain.evaluate()], rel=1e-4)


@pytest.mark.parametrize("name", ["transformer", "mlp", "lstm"])
def test_a_resumed_run_drops_what_an_unbroken_one_drops(name: str) -> None:
    """Number for number, since masks come from the step; evaluation drops nothing and so changes nothing."""
    unbroken, first = trainer(MODELS[name]), trainer(MODELS[name])
    expected = [unbroken.update(step) for step in range(6)]
    for step in range(3):
        first.update(step)
        first.evaluate()
    torch.rand(3)
    second = trainer(MODELS[name])
    second.restore(first.state())
    assert [second.update(step) for step in range(3, 6)] == expected[3:]
    assert all(torch.equal(second.parameters[n], w) for n, w in unbroken.parameters.items())
