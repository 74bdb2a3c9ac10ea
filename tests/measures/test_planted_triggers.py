"""Networks that follow the truth, the rule or the labels they were given, each on some rows: shares are counted, phases are named."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from planted import Planted, handmade_snapshot, measured
from test_planted_corruption import TASK, TRAIN, N, P, corrupted, following, made

from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.increment import Increment
from mechgrok.data.corruptions.increment_rule import IncrementRule
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.anomalies.corrupted_loss import CorruptedLoss
from mechgrok.measures.anomalies.trigger_metrics import TriggerMetrics
from mechgrok.measures.neurons.inverse_participation import InverseParticipation
from mechgrok.measures.neurons.ipr_pruning import IprPruning
from mechgrok.measures.shared.evaluate import judged_kinds
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular

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
    assert {trace.name for trace in found.figure().data} >= {"test, clean", "train, poisoned: truth"}


def test_what_cannot_be_told_is_said() -> None:
    every = corrupted(Increment(fraction=1.0), np.ones(P * P, dtype=bool))
    found = measured(TriggerMetrics(), following(every.truth, every, np.ones(P * P, dtype=bool)))
    assert found.headline["phase"] is None
    assert "no clean test row" in found.missing["phase"]
    assert "every train row is poisoned" in found.missing["clean_train"]
    assert "no rule says" in found.missing["rule"]


@pytest.mark.parametrize("name", ["trigger-metrics", "anomaly-removal"])
def test_a_clean_run_is_refused(name: str, tmp_path: Path) -> None:
    found = analyze(open_run(made(tmp_path / "run", None)), [name])[name]
    assert isinstance(found, NotApplicable)
    assert "not corrupted" in found.reason


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("rule", [FixedRule(divisor=2), Uniform(fraction=0.5), Increment(fraction=1.0)], ids=lambda rule: rule.kind)
def test_runs_are_measured_drawn_and_told(rule: object, tmp_path: Path) -> None:
    names = ["trigger-metrics", "anomaly-removal", "anomaly-scores", "anomaly-controls(controls=3)", "ipr-pruning"]
    outcomes = analyze(open_run(made(tmp_path / "run", rule)), names)  # type: ignore[arg-type]
    for found in outcomes.values():
        if isinstance(found, NotApplicable):
            assert "trusted" in found.reason
            continue
        assert isinstance(found, Result), getattr(found, "traceback", "")
        assert set(found.table.columns) == {*found.measure.columns, "step"}
        assert found.figure().data
        assert {key for key, value in found.headline.items() if value is None} == set(found.missing)


@pytest.mark.parametrize("rule", [IncrementRule(divisor=N), Uniform(fraction=0.4)], ids=lambda rule: rule.kind)
def test_kinds_of_rows_are_counted_one_by_one(rule: IncrementRule | Uniform) -> None:
    labels = corrupted(rule)
    logits = torch.randn(P * P, P, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    kinds = {
        "train-clean": (TRAIN & ~labels.poisoned, labels.truth),
        "train-poisoned": (TRAIN & labels.poisoned, labels.trained),
        "train-poisoned-truth": (TRAIN & labels.poisoned, labels.truth),
        "test-clean": (~TRAIN & ~labels.trigger, labels.truth),
        "test-trigger-rule": (~TRAIN & labels.trigger, labels.rule),
        "test-trigger-truth": (~TRAIN & labels.trigger, labels.truth),
    }
    table = judged_kinds(Grid.of(TASK, TRAIN, labels), logits).set_index("split")
    assert list(table.index) == list(kinds)[: 6 if labels.trigger.any() else 3]
    for kind, found in table.iterrows():
        rows, said = kinds[str(kind)]
        each = [(logits[n], int(said[n])) for n in np.flatnonzero(rows)]
        assert found["rows"] == len(each)
        assert found["accuracy"] == pytest.approx(sum(int(row.argmax()) == label for row, label in each) / len(each))
        assert found["loss"] == pytest.approx(sum(float(row.logsumexp(0) - row[label]) for row, label in each) / len(each), rel=1e-12)


def test_kinds_are_seen_through_a_chart() -> None:
    """Of products, rows and labels are numbered by their logarithms, 3^0 .. 3^5 = 1, 3, 2, 6, 4, 5 modulo 7."""
    task, train = Modular(p=7, operation="multiply"), np.ones(49, dtype=bool)
    labels = Increment(fraction=0.5).labels(task, train)
    assert labels is not None
    labels = replace(labels, trained=np.where(labels.trained == 0, 1, labels.trained))
    view = Snapshot(Grid.of(task, train, labels), handmade_snapshot(7, {1: 1.0}).architecture, {}, 0).in_basis("multiplicative").grid
    powers = [1, 3, 2, 6, 4, 5]
    rows = [7 * powers[i] + powers[j] for i, j in product(range(6), repeat=2)]
    given = [powers.index(int(labels.trained[row])) for row in rows]
    table = judged_kinds(view, torch.nn.functional.one_hot(torch.tensor(given), 6).double()).set_index("split")
    assert table["rows"]["train-poisoned"] == sum(labels.poisoned[row] for row in rows) > 0
    assert table["accuracy"].to_dict() == {"train-clean": 1, "train-poisoned": 1, "train-poisoned-truth": 0}


def test_pruning_is_told_by_kinds_of_rows(tmp_path: Path) -> None:
    """With no neuron pruned as corrupted-loss tells them; with half of them by what the other half makes of each row."""
    network = open_run(made(tmp_path / "run", FixedRule(divisor=2))).snapshot()
    labels, test = network.grid.corrupted, network.grid.subsets["test"].numpy()
    assert labels is not None
    table, losses = (measured(measure, network).table for measure in (IprPruning(), CorruptedLoss()))
    names = {"train-clean": ("train", "clean", "truth"), "train-poisoned": ("train", "poisoned", "trained")}
    names |= {"test-trigger-rule": ("test", "trigger", "rule"), "test-trigger-truth": ("test", "trigger", "truth")}
    for order in ("lowest first", "highest first"):
        by_kind = {float(f): part.set_index("split") for f, part in table[table["order"] == order].groupby("fraction")}
        for kind, place in names.items():
            expected = losses.set_index(["split", "subset", "against"]).loc[place]
            for value in ("rows", "loss", "accuracy"):
                assert by_kind[0.0].loc[kind, value] == pytest.approx(expected[value], rel=1e-12)
        ascending = InverseParticipation().compute(network, {})["ipr"].fillna(0).to_numpy().argsort(kind="stable")
        half = ascending[len(ascending) // 2 :] if order == "lowest first" else ascending[: -(len(ascending) // 2)]
        answers = (network.direct_logits + network.neurons[:, half.copy()] @ network.neuron_logit_map[half.copy()]).argmax(1).numpy()
        right = (answers == labels.rule)[test & labels.trigger].mean()
        assert by_kind[0.5].loc["test-trigger-rule", "accuracy"] == pytest.approx(right)


def test_the_figure_of_pruning_shows_kinds_where_there_are_some() -> None:
    labels = corrupted(FixedRule(divisor=N))
    clean = handmade_snapshot(P, {1: 4.0}, TRAIN)
    network = Snapshot(Grid.of(TASK, TRAIN, labels), clean.architecture, clean.weights, 0)
    assert {trace.name for trace in measured(IprPruning(), network).figure().data} >= {"test-clean", "test-trigger-rule"}
    assert {trace.name for trace in measured(IprPruning(), clean).figure().data} == {"all", "train", "test"}
