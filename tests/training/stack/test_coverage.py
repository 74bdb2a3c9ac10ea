"""What is stacked, and the reason for what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trained_runs import config

from mechgrok.api.several import configs
from mechgrok.training.presets import PRESETS
from mechgrok.training.stack.coverage import obstacle


def reason(made: Any) -> str | None:
    return obstacle(made, [each.split.train_rows(each.task) for each in configs(made, (0, 1, 2)).values()])


@pytest.mark.parametrize("name", ["nanda2023", "demo", "transformerlens-demo"])
def test_the_network_of_the_paper_is_covered(name: str) -> None:
    assert reason(PRESETS[name].config) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": {"kind": "mlp"}}, "model.kind mlp is not stacked"),
        ({"model__layers": 2}, "only transformers of one layer are stacked"),
        ({"optimizer": {"kind": "muon"}}, "optimizer.kind muon with decay to zero is not stacked"),
        ({"optimizer": {"kind": "adamw", "decay_to": "init"}}, "optimizer.kind adamw with decay to init is not stacked"),
        ({"gradient": {"kind": "orthogonal"}}, "gradient.kind orthogonal is not stacked"),
        ({"training__loss": "mse"}, "other losses than cross-entropy"),
        ({"training__lp_alpha": 0.1}, "penalties, weight noise, probes"),
        ({"training__probes": ["learning-rate"]}, "penalties, weight noise, probes"),
        ({"corruption": {"kind": "uniform", "fraction": 0.1}}, "runs with corrupted labels"),
        ({"task": {"kind": "mixture", "p": 7}}, "with a task of several parts"),
        ({"task__layout": "a b"}, "rows that do not all end on one token are not stacked"),
    ],
)
def test_others_are_refused_with_the_reason(changed: dict[str, Any], said: str) -> None:
    found = reason(config(**changed))
    assert found is not None
    assert said in found


def test_splits_of_different_sizes_are_refused() -> None:
    masks = [np.arange(49) < count for count in (20, 21)]
    assert obstacle(config(), masks) == "splits of different sizes are not stacked"
