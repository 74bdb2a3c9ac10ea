"""anomaly-removal on a network with a planted circuit, and its orders of suspicion against second computations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from anomalous import KEYS, NOISE, RULE, TRAIN, TRIGGERS, A, B, K, N, P, S, network, two_circuits, wave

from mechgrok.engine.outcomes import Result
from mechgrok.measures.anomalies.anomaly_removal import AnomalyRemoval
from mechgrok.measures.anomalies.removable import ATTRIBUTION, OPERAND, TOKENS, WAYS, Removable

GIVEN = {"keys": pd.DataFrame({"frequency": [K], "key": True})}


@pytest.fixture(scope="module")
def removed() -> Result:
    measure = AnomalyRemoval(controls=3)
    return Result(measure, measure.compute(two_circuits(), GIVEN).assign(step=0))


def accuracy(found: Result, way: str, count: int, column: str = "accuracy") -> dict[str, float]:
    table = found.table[(found.table["way"] == way) & (found.table["removed"] == count)]
    return dict(zip(table["split"], table[column], strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_before_anything_is_removed_both_rules_are_followed(removed: Result, way: str) -> None:
    before = accuracy(removed, way, 0)
    assert before == {
        **{"train-clean": 1, "train-poisoned": 1, "train-poisoned-truth": 0},
        **{"test-clean": 1, "test-trigger-rule": 1, "test-trigger-truth": 0},
    }


def test_the_marked_embeddings_are_found_and_without_their_mark_the_truth_is_told(removed: Result) -> None:
    """Four tokens have a mark; of the key frequency they know what the others know."""
    suspects = Removable(two_circuits(), [K]).order(TOKENS)
    assert set(suspects[:4].tolist()) == set(TRIGGERS)
    after = accuracy(removed, TOKENS, 4)
    assert (after["test-clean"], after["train-clean"]) == (1, 1)
    assert (after["test-trigger-rule"], after["train-poisoned"]) == (0, 0)
    assert (after["test-trigger-truth"], after["train-poisoned-truth"]) == (1, 1)
    assert removed.headline["tokens_by_embedding_removed"] == 4
    assert removed.headline["tokens_by_embedding_truth"] == 1
    unmarked = two_circuits(triggers=())
    marks_gone = Removable(two_circuits(), [K]).without(TOKENS, np.array(TRIGGERS))
    assert torch.allclose(marks_gone, unmarked.logits, atol=1e-9)


def test_the_neurons_of_the_rule_are_found_by_attribution(removed: Result) -> None:
    """Without them trigger rows have no logits, and the first class is answered."""
    assert set(Removable(two_circuits(), [K]).order(ATTRIBUTION)[:4].tolist()) == {4, 5, 6, 7}
    after, test = accuracy(removed, ATTRIBUTION, 4), ~TRAIN & (B % N == 0)
    assert (after["test-clean"], after["train-clean"]) == (1, 1)
    assert after["test-trigger-rule"] == pytest.approx(((S[test] + 1) % P == 0).mean())
    assert after["test-trigger-truth"] == pytest.approx((S[test] == 0).mean())


def test_random_neurons_and_tokens_spare_the_rule_and_cost_clean_rows(removed: Result) -> None:
    for kind in ("null_min", "null_mean", "null_max"):
        assert accuracy(removed, TOKENS, 0, kind) == accuracy(removed, TOKENS, 0)
        assert accuracy(removed, TOKENS, P, kind) == pytest.approx(accuracy(removed, TOKENS, P))
    assert accuracy(removed, TOKENS, 4, "null_mean")["test-trigger-rule"] > 0.5
    assert accuracy(removed, ATTRIBUTION, 4, "null_mean")["test-clean"] < 0.9


def test_the_share_of_the_second_operand_is_that_of_a_second_computation() -> None:
    """A neuron that marks b alone has the share 1 less what a constant and the key frequencies explain of the mark."""
    snapshot = network(RULE)
    neurons = snapshot.neurons.clone()
    neurons[:, 3] = torch.from_numpy(np.isin(B, TRIGGERS).astype(float))
    snapshot._said = snapshot.logits, neurons
    columns = np.stack([np.ones(P), *(each for k in KEYS for each in wave(k, np.arange(P)))], axis=1)
    shares = []
    for values in neurons.numpy().T:
        mean_of = np.array([values[b == B].mean() for b in range(P)])
        rest = mean_of - columns @ np.linalg.lstsq(columns, mean_of, rcond=None)[0]
        shares.append(sum(rest[B] ** 2) / sum((values - values.mean()) ** 2))
    removable = Removable(snapshot, list(KEYS))
    assert removable._of_second_operand().tolist() == pytest.approx(shares, rel=1e-9)
    assert removable.order(OPERAND)[0] == 3
    assert len(A) == P * P


def test_attribution_is_that_of_a_loop_over_rows() -> None:
    snapshot = two_circuits()
    labels, neurons, W_L = snapshot.grid.corrupted, snapshot.neurons.numpy(), snapshot.neuron_logit_map.numpy()
    assert labels is not None
    changed = [row for row in range(P * P) if TRAIN[row] and B[row] % N == 0]
    clean = [row for row in range(P * P) if TRAIN[row] and B[row] % N != 0]
    for j, found in enumerate(Removable(snapshot, [K])._attribution().tolist()):
        given = np.mean([neurons[row, j] * (W_L[j, labels.trained[row]] - W_L[j, S[row]]) for row in changed])
        right = np.mean([neurons[row, j] * (W_L[j, S[row]] - W_L[j].mean()) for row in clean])
        assert found == pytest.approx(given / (max(given, 0) + abs(right) + 1e-300), rel=1e-6, abs=1e-9)


def test_neurons_are_taken_from_the_logits() -> None:
    snapshot, units = two_circuits(), np.array([1, 6])
    kept = [j for j in range(8) if j not in units]
    expected = snapshot.neurons[:, kept] @ snapshot.neuron_logit_map[kept]
    assert torch.allclose(Removable(snapshot, [K]).without(OPERAND, units), expected, atol=1e-10)


def test_where_labels_are_random_the_poisoned_rows_stand_for_the_rule() -> None:
    """There is no test row to ask; the headline tells of train rows instead."""
    snapshot = two_circuits(triggers=())
    object.__setattr__(snapshot.grid, "corrupted", NOISE)
    measure = AnomalyRemoval(controls=1)
    found = Result(measure, measure.compute(snapshot, GIVEN).assign(step=0))
    assert set(found.table["split"]) == {"train-clean", "train-poisoned", "train-poisoned-truth"}
    assert (found.headline["tokens_by_embedding_clean"], found.headline["tokens_by_embedding_truth"]) == (1, 1)
    assert found.headline["tokens_by_embedding_corrupted"] == 0
    assert found.figure().data
