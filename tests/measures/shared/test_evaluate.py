"""Losses and accuracies by kind of row, in runs with corrupted labels."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from corrupted import TASK, TRAIN, N, P, corrupted
from planted import handmade_snapshot

from mechgrok.data.corruptions.increment import Increment
from mechgrok.data.corruptions.increment_rule import IncrementRule
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.measures.shared.evaluate import evaluate_by_label_kind
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular


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
    table = evaluate_by_label_kind(Grid.of(TASK, TRAIN, labels), logits).set_index("split")
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
    table = evaluate_by_label_kind(view, torch.nn.functional.one_hot(torch.tensor(given), 6).double()).set_index("split")
    assert table["rows"]["train-poisoned"] == sum(labels.poisoned[row] for row in rows) > 0
    assert table["accuracy"].to_dict() == {"train-clean": 1, "train-poisoned": 1, "train-poisoned-truth": 0}
