"""state-entropy of hidden states that are known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kinds_of_runs import RUNS
from planted import handmade_snapshot, measured

from mechgrok.engine.outcomes import Result
from mechgrok.measures.neurons.state_entropy import StateEntropy
from mechgrok.runs.run import open_run


def test_of_a_perceptron_it_is_the_entropy_of_its_neurons(tmp_path: Path) -> None:
    """By singular values of the centred neurons."""
    snapshot = open_run(RUNS["mlp"](tmp_path / "run")).snapshot()
    neurons = snapshot.neurons.numpy()
    q = np.linalg.svd(neurons - neurons.mean(0), compute_uv=False) ** 2
    q = q[q > 0] / q.sum()
    assert measured(StateEntropy(), snapshot).headline["entropy"] == pytest.approx(-(q * np.log(q)).sum() / math.log(6), abs=1e-9)


def test_planted_logits_give_their_own_entropy() -> None:
    """Logits A cos w (a + b - c) lie on a circle, two directions of equal variance, beside which that of a + b is small."""
    p, amplitude = 7, 900.0
    snapshot = handmade_snapshot(p, {2: amplitude})
    assert measured(StateEntropy(), snapshot).headline["entropy"] == pytest.approx(math.log(2) / math.log(p + 1), abs=1e-3)


def test_the_time_is_that_from_which_it_stays_below() -> None:
    table = pd.DataFrame({"step": [0, 10, 20, 30, 40], "entropy": [0.9, 0.5, 0.7, 0.6, 0.4], "width": 8})
    assert Result(StateEntropy(), table).headline == {"entropy": 0.4, "below_from": 30}
    assert Result(StateEntropy(), table[1:2]).headline == {"entropy": 0.5, "below_from": 10}
    assert Result(StateEntropy(threshold=0.3), table).missing["below_from"] == "the last checkpoint is not below 0.3"
