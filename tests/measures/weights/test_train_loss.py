"""The train loss as a function of the weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from corrupted import SMALL, three
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable
from mechgrok.measures.sampling.around_weights import mean_loss
from mechgrok.measures.weights.train_loss import train_loss
from mechgrok.runs.run import open_run


def test_the_slope_is_that_of_the_loss_that_was_trained_on() -> None:
    run, _, told = three()
    weights = {name: tensor.double() for name, tensor in run.weights.items()}
    one, other = float(train_loss(run)(weights)), float(train_loss(told)(weights))
    assert one == pytest.approx(other, rel=1e-12)
    index = torch.from_numpy(np.flatnonzero(SMALL))
    assert float(mean_loss(run, index)(weights)) == pytest.approx(one, rel=1e-12)
    assert one > float(run.losses[index].mean()) + 1


@pytest.mark.parametrize("name", ["sharpness", "gradient-norms"])
def test_without_train_rows_there_is_no_train_loss(name: str, tmp_path: Path) -> None:
    outcome = analyze(open_run(make_run(tmp_path / "run", train=0.0)), [name], nulls=0)[name]
    assert isinstance(outcome, NotApplicable)
    assert outcome.reason == "this run has no train rows"
