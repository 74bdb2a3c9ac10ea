"""Which rows are anomalous, and which rows are drawn as controls."""

from __future__ import annotations

import numpy as np
import torch
from anomalous import NOISE, RULE, TASK, TRAIN, TRIGGERS, B, N, P

from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.corruptions.uniform import Uniform
from mechgrok.measures.anomalies.anomaly_rows import AnomalyRows
from mechgrok.runs.grid import Grid


class TestRows:
    def test_of_a_rule(self) -> None:
        rows = AnomalyRows.of(Grid.of(TASK, TRAIN, RULE), 0.5, 99, 0)
        assert np.array_equal(rows.anomalous.numpy(), B % N == 0)
        clean = TRAIN & (B % N != 0)
        assert int(rows.trusted.sum()) == round(clean.sum() / 2)
        assert not (rows.trusted.numpy() & ~clean).any()
        assert np.array_equal(rows.evaluated["train"].numpy(), TRAIN & ~rows.trusted.numpy())
        assert np.array_equal(rows.evaluated["test"].numpy(), ~TRAIN)

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
            assert np.array_equal(control.evaluated["train"].numpy(), TRAIN & ~control.trusted.numpy() & (B % N != 0))
            assert np.array_equal(control.evaluated["test"].numpy(), ~TRAIN & (B % N != 0))
        assert len(drawn) > 10

    def test_controls_of_a_clean_run_may_hold_any_value(self) -> None:
        """As all rows are clean, those that are called anomalous first are no exception."""
        controls = list(AnomalyRows.of(Grid.of(TASK, TRAIN), 0.5, N, 0).controls(40, 0))
        assert set().union(*(B[each.anomalous.numpy()].tolist() for each in controls)) == set(range(P))
        assert all(len(set(B[each.anomalous.numpy()])) == 4 for each in controls)
        assert all((each.evaluated["train"] | each.trusted).sum() == TRAIN.sum() for each in controls)

    def test_controls_of_noise_have_its_shape(self) -> None:
        rows = AnomalyRows.of(Grid.of(TASK, TRAIN, NOISE), 0.5, N, 0)
        for control in rows.controls(5, 0):
            assert int(control.anomalous.sum()) == int(rows.anomalous.sum())
            assert not (control.anomalous & (rows.anomalous | rows.trusted | ~torch.from_numpy(TRAIN))).any()
            assert not (control.evaluated["train"] & rows.anomalous).any()

    def test_too_few_rows_leave_no_control(self) -> None:
        half = FixedRule(divisor=2).labels(TASK, TRAIN)
        assert not list(AnomalyRows.of(Grid.of(TASK, TRAIN, half), 0.5, 2, 0).controls(3, 0))
        most = Uniform(fraction=0.6).labels(TASK, TRAIN)
        assert not list(AnomalyRows.of(Grid.of(TASK, TRAIN, most), 0.5, N, 0).controls(3, 0))
