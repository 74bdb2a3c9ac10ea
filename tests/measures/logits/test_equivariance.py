"""equivariance on planted networks, against published numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from planted import Planted, cosine_logits, measured, table

from mechgrok.engine.analyze import analyze
from mechgrok.measures.logits.equivariance import Equivariance
from mechgrok.runs.run import Run


class TestEquivariance:
    @pytest.mark.parametrize(("p", "operation"), [(13, "add"), (8, "add"), (13, "subtract")])
    def test_planted_cosines_are_certified(self, p: int, operation) -> None:
        amplitudes = {1: 3.0, 3: 2.0}
        g = sum(A * np.cos(2 * np.pi * k * np.arange(p) / p) for k, A in amplitudes.items())
        grid = table(p, operation)
        found = measured(Equivariance(), Planted(grid, cosine_logits(grid, amplitudes) + 7)).headline
        assert found["residual"] < 1e-28
        assert found["gamma"] == pytest.approx(g[0] - g[1:].max(), abs=1e-12)
        assert found["imbalance"] == pytest.approx(0, abs=1e-12)
        assert found["certified"]

    def test_the_guarantee_holds_and_is_not_given_away(self) -> None:
        """Noise of any size on a right network: certified implies right, and it is certified for small noise only."""
        grid = table(11)
        noise = torch.randn(121, 11, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        right = cosine_logits(grid, {2: 5.0})
        found = {}
        for scale in (0.01, 0.1, 0.3, 1.0, 3.0, 10.0):
            logits = right + scale * noise
            found[scale] = measured(Equivariance(), Planted(grid, logits)).headline["certified"]
            assert not found[scale] or bool((logits.argmax(1) == grid.labels).all())
        assert (found[0.01], found[10.0]) == (True, False)

    def test_a_wrong_row_in_a_certified_table_is_an_error_of_ours(self) -> None:
        grid = table(7)
        other = dataclasses.replace(grid, labels=(grid.labels + 1) % 7)
        with pytest.raises(AssertionError, match="at fault"):
            measured(Equivariance(), Planted(other, cosine_logits(grid, {1: 5.0})))

    def test_memorised_noise_is_not_equivariant(self) -> None:
        """Of (p - 1) p^2 dimensions p - 1 are equivariant: the share of noise is 1 / p^2."""
        noise = torch.randn(31 * 31, 31, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        found = measured(Equivariance(), Planted(table(31), noise)).headline
        assert found["residual"] == pytest.approx(1, abs=0.005)
        assert not found["certified"]

    def test_constant_logits_have_no_share(self) -> None:
        found = measured(Equivariance(), Planted(table(7), torch.zeros(49, 7, dtype=torch.float64)))
        assert found.headline["residual"] is None
        assert found.headline["certified"] is False


class TestModelA:
    """zhong2023/model_p99zdpze5l.pt: p = 59, uniform attention, the paper's example of a pizza."""

    def test_its_logits_are_certified(self, pizza) -> None:
        assert pizza["equivariance"].headline["certified"]


class TestClock:
    """chughtai2023/C113_T_seed1."""

    def test_equivariance_against_loops_over_classes(self, chughtai_run: Run) -> None:
        """The same decomposition, written as p shifted means in numpy."""
        found = analyze(chughtai_run, ["equivariance"], nulls=0)["equivariance"].headline
        p, L = 113, chughtai_run.snapshot().logits.numpy()
        L = L - L.mean(1, keepdims=True)
        n, y = np.arange(p * p), np.add.outer(np.arange(p), np.arange(p)).ravel() % p
        R, g = np.empty_like(L), np.empty(p)
        for d in range(p):
            g[d] = L[n, (y + d) % p].mean()
            R[n, (y + d) % p] = L[n, (y + d) % p] - g[d]
        wrong = R.copy()
        wrong[n, y] = -np.inf
        assert found["residual"] == pytest.approx((R**2).sum() / (L**2).sum(), abs=1e-12)
        assert found["gamma"] == pytest.approx(g[0] - g[1:].max(), rel=1e-12)
        assert found["imbalance"] == pytest.approx((wrong.max(1) - R[n, y]).max(), rel=1e-12)
        assert (found["gamma"], found["imbalance"]) == (pytest.approx(18.337332, abs=1e-6), pytest.approx(42.908791, abs=1e-6))
        assert not found["certified"]


def test_equivariance_of_the_paper_s_low_precision_run(nanda) -> None:
    found = nanda["equivariance"].headline
    assert (found["gamma"], found["imbalance"]) == (pytest.approx(13.495770, abs=1e-6), pytest.approx(68.086201, abs=1e-6))
    assert not found["certified"]
