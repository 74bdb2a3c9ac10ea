"""Detectors against second computations, and on networks whose anomalous circuit is written down, or where there is none."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from anomalous import SURE, TASK, TRAIN, TRIGGERS, K, N, P, two_circuits
from planted import Planted
from scipy.spatial import distance
from torch import Tensor

from mechgrok.data.corruptions.corruption import Labels
from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.engine.outcomes import Result
from mechgrok.measures.anomalies.anomaly_controls import AnomalyControls
from mechgrok.measures.anomalies.anomaly_detectors import DETECTORS, RIDGE, Detectors
from mechgrok.measures.anomalies.anomaly_rows import AnomalyRows
from mechgrok.measures.anomalies.anomaly_scores import AnomalyScores
from mechgrok.measures.base.measure import Measure
from mechgrok.runs.grid import Grid

KEYS = (1, 4)
A, B = (x.ravel() for x in np.meshgrid(np.arange(P), np.arange(P), indexing="ij"))
S = (A + B) % P
RULE = FixedRule(divisor=N).labels(TASK, TRAIN)
NOISE = Uniform(fraction=0.2, among="wrong").labels(TASK, TRAIN)


class Told(Planted):
    """A snapshot that is told its embedding as well."""

    told: Tensor

    @property
    def embedding(self) -> Tensor:
        return self.told


def network(labels: Labels | None = None, seed: int = 0) -> Told:
    """Logits, neurons and an embedding that are noise."""
    generator = torch.Generator().manual_seed(seed)
    noise = [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((P * P, P), (P * P, 6), (P, 5))]
    made = Told(Grid.of(TASK, TRAIN, labels), noise[0], noise[1])
    made.told = noise[2]
    return made


def result(measure: Measure, snapshot: Planted | object, keys: tuple[int, ...] = (K,)) -> Result:
    """A measure's table where the key frequencies are said."""
    given = {"keys": pd.DataFrame({"frequency": keys, "key": True})}
    return Result(measure, measure.compute(snapshot, given).assign(step=0))


def of_split(found: Result, split: str) -> pd.DataFrame:
    return found.table[found.table["split"] == split].set_index("detector")


class TestRows:
    def test_of_a_rule(self) -> None:
        rows = AnomalyRows.of(Grid.of(TASK, TRAIN, RULE), 0.5, 99, 0)
        assert np.array_equal(rows.anomalous.numpy(), B % N == 0)
        clean = TRAIN & (B % N != 0)
        assert int(rows.trusted.sum()) == round(clean.sum() / 2)
        assert not (rows.trusted.numpy() & ~clean).any()
        assert np.array_equal(rows.judged["train"].numpy(), TRAIN & ~rows.trusted.numpy())
        assert np.array_equal(rows.judged["test"].numpy(), ~TRAIN)

    def test_of_noise_and_of_a_clean_run(self) -> None:
        noisy, clean = (AnomalyRows.of(Grid.of(TASK, TRAIN, labels), 0.5, 5, 0) for labels in (NOISE, None))
        assert NOISE is not None
        assert np.array_equal(noisy.anomalous.numpy(), NOISE.poisoned)
        assert not (noisy.trusted.numpy() & NOISE.poisoned).any()
        assert np.array_equal(clean.anomalous.numpy(), B % 5 == 0)
        assert int(clean.pool.sum()) == round(TRAIN.sum() / 2)
        assert np.array_equal(clean.trusted.numpy(), clean.pool.numpy() & (B % 5 != 0))
        assert (noisy.by_operand, clean.by_operand) == (False, True)

    def test_controls_of_a_rule_have_its_shape(self) -> None:
        rows, drawn = AnomalyRows.of(Grid.of(TASK, TRAIN, RULE), 0.5, N, 0), set()
        for control in rows.controls(20, 0):
            values = set(B[control.anomalous.numpy()].tolist())
            drawn.add(frozenset(values))
            assert len(values) == len(TRIGGERS)
            assert not values & set(TRIGGERS)
            assert np.array_equal(control.anomalous.numpy(), np.isin(B, list(values)))
            assert not (control.trusted & control.anomalous).any()
            assert np.array_equal(control.judged["train"].numpy(), TRAIN & ~control.trusted.numpy() & (B % N != 0))
            assert np.array_equal(control.judged["test"].numpy(), ~TRAIN & (B % N != 0))
        assert len(drawn) > 10

    def test_controls_of_a_clean_run_may_hold_any_value(self) -> None:
        """As all rows are clean, those that are called anomalous first are no exception."""
        controls = list(AnomalyRows.of(Grid.of(TASK, TRAIN), 0.5, N, 0).controls(40, 0))
        assert set().union(*(B[each.anomalous.numpy()].tolist() for each in controls)) == set(range(P))
        assert all(len(set(B[each.anomalous.numpy()])) == 4 for each in controls)
        assert all((each.judged["train"] | each.trusted).sum() == TRAIN.sum() for each in controls)

    def test_controls_of_noise_have_its_shape(self) -> None:
        rows = AnomalyRows.of(Grid.of(TASK, TRAIN, NOISE), 0.5, N, 0)
        for control in rows.controls(5, 0):
            assert int(control.anomalous.sum()) == int(rows.anomalous.sum())
            assert not (control.anomalous & (rows.anomalous | rows.trusted | ~torch.from_numpy(TRAIN))).any()
            assert not (control.judged["train"] & rows.anomalous).any()

    def test_too_few_rows_leave_no_control(self) -> None:
        half = FixedRule(divisor=2).labels(TASK, TRAIN)
        assert not list(AnomalyRows.of(Grid.of(TASK, TRAIN, half), 0.5, 2, 0).controls(3, 0))
        most = Uniform(fraction=0.6).labels(TASK, TRAIN)
        assert not list(AnomalyRows.of(Grid.of(TASK, TRAIN, most), 0.5, N, 0).controls(3, 0))


def wave(k: int, t: np.ndarray) -> list[np.ndarray]:
    return [np.cos(2 * np.pi * k * t / P), np.sin(2 * np.pi * k * t / P)]


def left(values: np.ndarray, columns: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Length of what the least-squares fit of the known rows leaves of each row."""
    solution = np.linalg.lstsq(columns[known], values[known], rcond=None)[0]
    return np.linalg.norm(values - columns @ solution, axis=1)


def expected(name: str, snapshot: Told, trusted: np.ndarray) -> np.ndarray:
    """The scores, computed by numpy alone."""
    L, neurons, W_E = snapshot.logits.numpy(), snapshot.neurons.numpy(), snapshot.told.numpy()
    if name == "logit residual":
        centred = L - L.mean(1, keepdims=True)
        difference = np.arange(P) - S[:, None]
        columns = np.stack([each for k in KEYS for each in wave(k, difference)], axis=-1)
        solution = np.linalg.lstsq(columns[trusted].reshape(-1, 2 * len(KEYS)), centred[trusted].ravel(), rcond=None)[0]
        return np.linalg.norm(centred - columns @ solution, axis=1)
    if name == "neuron residual":
        products = [x * y for k in KEYS for x in (1, *wave(k, A)) for y in (1, *wave(k, B)) if not (np.isscalar(x) and np.isscalar(y))]
        return left(neurons, np.stack([np.ones(P * P), *products], axis=1), trusted)
    if name == "Mahalanobis":
        S_ = np.cov(neurons[trusted].T, bias=True)
        inverse = np.linalg.inv(S_ + RIDGE * np.trace(S_) / len(S_) * np.eye(len(S_)))
        return np.array([distance.mahalanobis(row, neurons[trusted].mean(0), inverse) for row in neurons])
    if name in ("second operand", "embedding"):
        values = W_E if name == "embedding" else np.stack([neurons[b == B].mean(0) for b in range(P)])
        columns = np.stack([np.ones(P), *(each for k in KEYS for each in wave(k, np.arange(P)))], axis=1)
        return left(values, columns, np.isin(np.arange(P), B[trusted]))[B]
    if name == "other frequencies":
        kept = [k in (*KEYS, *(P - key for key in KEYS)) or k == 0 for k in range(P)]
        others = np.fft.ifft(np.fft.fft(L, axis=1) * ~np.array(kept), axis=1).real
        return others[np.arange(P * P), L.argmax(1)]
    if name == "margin":
        ordered = np.sort(L, axis=1)
        return ordered[:, -2] - ordered[:, -1]
    assert name == "loss"
    assert RULE is not None
    return np.log(np.exp(L).sum(1)) - L[np.arange(P * P), RULE.trained]


@pytest.mark.parametrize("name", DETECTORS)
def test_each_score_is_that_of_a_second_computation(name: str) -> None:
    snapshot = network(RULE)
    rows = AnomalyScores().rows(snapshot.grid)
    found = Detectors(snapshot, list(KEYS)).scores(name, rows.trusted)
    assert found.tolist() == pytest.approx(expected(name, snapshot, rows.trusted.numpy()).tolist(), rel=1e-9, abs=1e-9)


def test_the_table_counts_pairs_of_judged_rows() -> None:
    """By all pairs of an anomalous and a clean row, one after the other."""
    snapshot = network(RULE)
    rows = AnomalyScores().rows(snapshot.grid)
    found = result(AnomalyScores(), snapshot, KEYS)
    for split in ("train", "test"):
        judged = np.flatnonzero(rows.judged[split].numpy())
        ours, others = judged[B[judged] % N == 0], judged[B[judged] % N != 0]
        for name in ("margin", "neuron residual", "embedding"):
            score = expected(name, snapshot, rows.trusted.numpy()).round(9)
            wins = sum((score[i] > score[j]) + 0.5 * (score[i] == score[j]) for i in ours for j in others)
            row = of_split(found, split).loc[name]
            assert (row["anomalous"], row["clean"]) == (len(ours), len(others))
            assert row["auroc"] == pytest.approx(wins / (len(ours) * len(others)), rel=1e-9)
            assert row["auroc_low"] < row["auroc"] < row["auroc_high"]
            assert row["auprc_low"] <= row["auprc"] <= row["auprc_high"]


def test_an_anomalous_circuit_is_found_where_it_is() -> None:
    """On trigger rows other neurons fire, other answers are given, and the token's embedding is off the key frequency's circle; the
    logits lie as far from the clean profile as two cosines of amplitude SURE that are one step apart, 0 on clean rows."""
    snapshot = two_circuits()
    for split in ("train", "test"):
        table = of_split(result(AnomalyScores(), snapshot), split)
        for name in ("logit residual", "neuron residual", "Mahalanobis", "embedding"):
            assert table["auroc"][name] == table["auprc"][name] == table["auroc_low"][name] == 1, name
    assert of_split(result(AnomalyScores(), snapshot), "test")["auroc"]["loss"] == 1
    trusted = AnomalyScores().rows(snapshot.grid).trusted
    residual = Detectors(snapshot, [K]).scores("logit residual", trusted).numpy()
    assert residual[B % N != 0] == pytest.approx(0, abs=1e-9)
    assert residual[B % N == 0] == pytest.approx(SURE * 2 * math.sin(math.pi * K / P) * math.sqrt(P / 2), rel=1e-9)


def test_what_is_found_is_above_all_controls() -> None:
    found = result(AnomalyControls(controls=40), two_circuits())
    assert {"logit residual", "neuron residual", "Mahalanobis", "embedding"} <= set(found.headline["found_above_all_controls_test"])
    table = of_split(found, "test")
    assert (table["controls"] == 40).all()
    assert table["p_value"]["embedding"] == pytest.approx(1 / 41)
    assert table["null_max"]["embedding"] < 1


@pytest.mark.parametrize("labels", [None, RULE, NOISE], ids=["clean", "rule", "noise"])
def test_where_there_is_nothing_to_find_p_values_are_uniform(labels: Labels | None) -> None:
    """In noise without key frequencies all values of b, and all rows, are alike, so that each AUROC is one more draw from those of its
    controls, and p uniform on 1 / 20, ..., 1. A rule's controls have fewer values of b to be fitted to, so that its p is larger, if
    anything. Detectors that are not fitted again find trigger rows merely for not having seen them, at p near 1 / 20 each time."""
    tables = [result(AnomalyControls(controls=19), network(labels, seed), ()).table.dropna() for seed in range(12)]
    means = pd.concat(tables).groupby(["detector", "split"])["p_value"].mean()
    deviation = math.sqrt((20**2 - 1) / 12) / 20 / math.sqrt(12)
    assert len(means) == len(DETECTORS) * (1 if labels is NOISE else 2)
    assert (means > 0.525 - 3 * deviation).all(), means
    assert labels is RULE or (means < 0.525 + 3 * deviation).all(), means


def test_random_labels_have_no_anomalous_test_row() -> None:
    found = result(AnomalyScores(), network(NOISE), KEYS)
    assert of_split(found, "test")["auroc"].isna().all()
    assert of_split(found, "train")["auroc"].notna().all()
    assert found.headline["auroc_loss_test"] is None
    assert "no row of this split is anomalous" in found.missing["auroc_loss_test"]
    assert result(AnomalyControls(controls=3), network(NOISE), KEYS).headline["found_above_all_controls_test"] is None


def test_the_figures_are_drawn_over_training_and_of_one_step() -> None:
    found = result(AnomalyScores(), network(RULE), KEYS)
    both = pd.concat([found.table, found.table.assign(step=10)])
    assert {trace.type for trace in found.figure().data} == {"bar"}
    assert {trace.name for trace in AnomalyScores().plot(both).data} == set(DETECTORS)
    assert len(AnomalyControls().plot(result(AnomalyControls(controls=3), network(RULE), KEYS).table).data) == 2 * len(DETECTORS)
