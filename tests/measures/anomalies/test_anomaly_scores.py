"""anomaly-scores on planted networks; and its figure."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from anomalous import KEYS, NOISE, RULE, SURE, A, B, K, N, P, S, Told, network, of_split, result, two_circuits, wave
from scipy.spatial import distance

from mechgrok.measures.anomalies.anomaly_controls import AnomalyControls
from mechgrok.measures.anomalies.anomaly_detectors import DETECTORS, RIDGE, Detectors
from mechgrok.measures.anomalies.anomaly_scores import AnomalyScores


@pytest.fixture
def areas() -> pd.DataFrame:
    known = {"auroc": [0.4, 0.9], "auroc_low": [0.3, 0.7], "auroc_high": [0.6, 1.0]}
    return pd.DataFrame({"step": 5, "detector": ["margin", "loss"], "split": "test", **known})


def test_detectors_have_their_intervals_and_the_level_of_chance(areas):
    figure = AnomalyScores().plot(areas)
    assert [(float(each.y[0] - each.error_y.arrayminus[0]), float(each.y[0] + each.error_y.array[0])) for each in figure.data] == [
        pytest.approx((0.3, 0.6)),
        pytest.approx((0.7, 1.0)),
    ]
    (line,) = figure.layout.shapes
    assert (line.y0, line.y1, line.yref, line.xref) == (0.5, 0.5, "y", "x domain")


def test_detection_over_training_has_the_level_of_chance_in_every_panel(areas):
    both = pd.concat([areas.assign(step=step, split=split) for step in (0, 5) for split in ("train", "test")])
    assert [(line.y0, line.yref) for line in AnomalyScores().plot(both).layout.shapes] == [(0.5, "y"), (0.5, "y2")]


def test_what_no_detector_could_be_asked_is_not_drawn_at_chance(areas):
    figure = AnomalyScores().plot(areas.assign(auroc=np.nan, auroc_low=np.nan, auroc_high=np.nan))
    assert [note.text for note in figure.layout.annotations] == ["missing"]


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
        judged = np.flatnonzero(rows.evaluated[split].numpy())
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
