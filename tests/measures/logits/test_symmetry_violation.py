"""symmetry-violation beside loops over pairs and triples, and of networks that obey the laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import Planted, cosine_logits, measured, table

from mechgrok.engine.analyze import analyze
from mechgrok.measures.logits.symmetry_violation import SymmetryViolation


def test_it_is_the_mean_over_pairs_and_triples() -> None:
    p = 5
    logits = 3 * torch.randn(p * p, p, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    P = np.exp(logits.numpy())
    P = (P / P.sum(1, keepdims=True)).reshape(p, p, p)

    def divergence(x: tuple[int, int], y: tuple[int, int]) -> float:
        return float((P[x] * np.log(P[x] / P[y])).sum())

    swapped = [((a, b), (b, a)) for a in range(p) for b in range(p) if a != b]
    triples = [(((a + b) % p, c), (a, (b + c) % p)) for a in range(p) for b in range(1, p) for c in range(p)]
    found = measured(SymmetryViolation(), Planted(table(p), logits)).headline
    for law, pairs in (("commutative", swapped), ("associative", triples)):
        assert found[law] == pytest.approx(np.mean([divergence(*pair) for pair in pairs]), rel=1e-9)
        assert found[f"differ_{law}"] == pytest.approx(np.mean([P[x].argmax() != P[y].argmax() for x, y in pairs]), abs=1e-12)


def test_functions_of_the_sum_obey_both_laws() -> None:
    grid = table(7)
    found = measured(SymmetryViolation(), Planted(grid, cosine_logits(grid, {1: 5.0, 3: 9.0}))).headline
    assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=1e-9)


def test_a_table_of_symmetric_answers_is_commutative_alone() -> None:
    """Logits 9 at a b: the answers to (a + b) + c and a + (b + c) differ unless (a + b) c = a (b + c), that is b (c - a) = 0."""
    grid = table(7)
    a, b = grid.operands.T
    logits = 9 * torch.nn.functional.one_hot(a * b % 7, 7).double()
    found = measured(SymmetryViolation(), Planted(grid, logits)).headline
    assert found["commutative"] == pytest.approx(0, abs=1e-12)
    assert found["differ_associative"] == pytest.approx(6 / 7)
    q = 1 / (math.exp(9) + 6)
    assert found["associative"] == pytest.approx(6 / 7 * 9 * (math.exp(9) * q - q), rel=1e-9)


def test_differences_have_no_such_laws(tmp_path) -> None:
    from kinds_of_runs import RUNS

    from mechgrok.runs.run import open_run

    reason = analyze(open_run(RUNS["divide"](tmp_path / "run")), ["symmetry-violation"], nulls=0)["symmetry-violation"].reason
    assert "neither commutative nor associative" in reason or "not one for each" in reason
