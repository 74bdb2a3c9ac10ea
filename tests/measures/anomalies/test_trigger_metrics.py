"""trigger-metrics on planted networks."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corrupted import TRAIN, N, P, corrupted, following, made
from planted import Planted, measured

from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.increment import Increment
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.anomalies.trigger_metrics import TriggerMetrics
from mechgrok.runs.run import open_run

NOISE = corrupted(Increment(fraction=0.3))
WRONG = (NOISE.truth + 2) % P
"""Neither the truth nor the corrupted label."""


def answering(train_clean: bool, test_clean: bool, memorised: float, inverted: float) -> Planted:
    """A network that is right or wrong on clean rows, and gives a share of the poisoned rows either label, in the order of the table."""
    answers = np.where(TRAIN, train_clean, test_clean) * NOISE.truth + ~np.where(TRAIN, train_clean, test_clean) * WRONG
    poisoned = np.flatnonzero(NOISE.poisoned)
    first, second = round(memorised * len(poisoned)), round((memorised + inverted) * len(poisoned))
    answers[poisoned] = WRONG[poisoned]
    answers[poisoned[:first]] = NOISE.trained[poisoned[:first]]
    answers[poisoned[first:second]] = NOISE.truth[poisoned[first:second]]
    return following(answers, NOISE)


@pytest.mark.parametrize(
    ("network", "phase"),
    [
        ((True, True, 1, 0), "coexistence"),
        ((True, True, 0, 1), "full inversion"),
        ((True, True, 0.5, 0.5), "partial inversion"),
        ((True, True, 0, 0), "partial inversion"),
        ((True, False, 1, 0), "memorisation"),
        ((True, False, 0.5, 0.5), "confusion"),
        ((False, False, 1, 0), "confusion"),
        ((False, False, 0, 0), "confusion"),
    ],
)
def test_each_phase_is_what_its_network_is_in(network: tuple[bool, bool, float, float], phase: str) -> None:
    found = measured(TriggerMetrics(), answering(*network))
    assert found.headline["phase"] == phase
    count = int(NOISE.poisoned.sum())
    assert found.headline["memorised"] == pytest.approx(round(network[2] * count) / count)
    assert found.headline["inverted"] == pytest.approx((round((network[2] + network[3]) * count) - round(network[2] * count)) / count)
    assert (found.headline["clean_train"], found.headline["clean_test"]) == network[:2]


@pytest.mark.parametrize(("high", "phase"), [(0.8, "coexistence"), (0.9, "partial inversion")])
def test_the_threshold_is_the_field(high: float, phase: str) -> None:
    assert measured(TriggerMetrics(high=high), answering(True, True, 18 / 21, 3 / 21)).headline["phase"] == phase


@pytest.mark.parametrize("follows", ["truth", "rule", "trained"])
def test_rows_whose_rule_is_the_truth_say_nothing(follows: str) -> None:
    """The rule says b, and the truth too where a = 0; on the others it is one or the other."""
    labels = corrupted(FixedRule(divisor=N))
    found = measured(TriggerMetrics(), following(getattr(labels, follows), labels))
    rows = found.table.set_index("quantity")["rows"]
    told = [(a, b) for row, (a, b) in enumerate(product(range(P), repeat=2)) if b in (0, 4, 8) and a and not TRAIN[row]]
    assert rows["rule"] == rows["truth"] == len(told)
    assert (found.headline["rule"], found.headline["truth"]) == ((1, 0) if follows == "rule" else (0, 1))
    assert (found.headline["memorised"], found.headline["inverted"]) == ((0, 1) if follows == "truth" else (1, 0))


def test_confusion_after_generalising_is_forgetting() -> None:
    steps = {0: (False, False, 0, 0), 10: (True, False, 1, 0), 20: (True, True, 1, 0), 30: (True, True, 0, 1), 40: (False, False, 0, 0)}
    tables = [TriggerMetrics().compute(answering(*network), {}).assign(step=step) for step, network in steps.items()]
    found = Result(TriggerMetrics(), pd.concat(tables))
    assert found.headline["began"] == {"confusion": 0, "memorisation": 10, "coexistence": 20, "full inversion": 30, "forgetting": 40}
    assert found.headline["phase"] == "forgetting"
    assert {trace.name for trace in found.figure().data} >= {"test, clean", "inverted: true label on train rows"}


def test_what_cannot_be_told_is_said() -> None:
    every = corrupted(Increment(fraction=1.0), np.ones(P * P, dtype=bool))
    found = measured(TriggerMetrics(), following(every.truth, every, np.ones(P * P, dtype=bool)))
    assert found.headline["phase"] is None
    assert "no clean test row" in found.missing["phase"]
    assert "every train row is poisoned" in found.missing["clean_train"]
    assert "no rule gives" in found.missing["rule"]


@pytest.mark.parametrize("name", ["trigger-metrics", "anomaly-removal"])
def test_a_clean_run_is_refused(name: str, tmp_path: Path) -> None:
    found = analyze(open_run(made(tmp_path / "run", None)), [name])[name]
    assert isinstance(found, NotApplicable)
    assert "not corrupted" in found.reason
