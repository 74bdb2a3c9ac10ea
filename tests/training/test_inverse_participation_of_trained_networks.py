"""Gromov 2023 (arXiv 2301.02679), Doshi et al. 2023 (2310.13061): who generalises has periodic neurons, who memorises has not.

Modulo 47 there are 23 frequencies, so random weights have a mean IPR of 2 / (23 + 1), and a single frequency has 1.
"""

from __future__ import annotations

from typing import Any

import pytest
from trained_runs import begin, resume

from mechgrok.config import Config
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.measures.neurons.inverse_participation import InverseParticipation
from mechgrok.runs.run import Run, open_run
from mechgrok.training.presets import PRESETS

STEPS = 1_400
RANDOM = 2 / 24


@pytest.fixture(scope="module", params=[0.49, 0.2])
def run(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Trained on about half of the table, or on too little of it."""
    parts = PRESETS["gromov2023"].config.model_dump() | {"checkpoints": {"every": STEPS, "log_spaced": 0}}
    parts["task"] |= {"p": 47}
    parts["split"] |= {"fraction": request.param}
    parts["model"] |= {"d_mlp": 240}
    parts["optimizer"] |= {"lr": 10_000.0}
    parts["training"] |= {"steps": STEPS, "evaluate_every": STEPS}
    made = begin(Config.model_validate(parts), tmp_path_factory.mktemp("gromov") / "run")
    resume(made)
    return open_run(made.path)


@pytest.mark.long
def test_periodic_neurons_and_generalisation_go_together(run: Run) -> None:
    accuracy = run.metrics.groupby("split")["accuracy"].last()
    found = analyze(run, [InverseParticipation()], nulls=0)["inverse-participation"]
    assert isinstance(found, Result)
    ipr = found.table.groupby("step")["ipr"]
    mean = ipr.mean()
    assert accuracy["train"] == 1
    assert mean[0] == pytest.approx(RANDOM, rel=0.05)
    if run.config.split.fraction == 0.49:
        assert accuracy["test"] > 0.97
        assert ipr.quantile(0.25)[STEPS] > ipr.quantile(0.95)[0], "three neurons of four are more periodic than random ones are"
        assert mean[STEPS] > 4 * RANDOM
    else:
        assert accuracy["test"] < 0.05
        assert mean[STEPS] < 1.3 * RANDOM
