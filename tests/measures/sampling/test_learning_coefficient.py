"""learning-coefficient: its estimate from given samples. Tests of the sampler are in tests/maths/landscape/test_langevin.py."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import make_run
from planted import handmade_snapshot, measured

from mechgrok.engine.analyze import analyze
from mechgrok.maths.landscape import langevin
from mechgrok.measures.sampling.learning_coefficient import LearningCoefficient
from mechgrok.runs.run import open_run

QUICK = LearningCoefficient(chains=2, draws=6, burn_in=2)


needs_library = pytest.mark.skipif(not langevin.installed(), reason="devinterp is not installed; install mechgrok[llc]")


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Draws that are said instead of sampled: loss(w_0) + 1, + 2, ... for every chain, and a call for each sampling."""
    calls = []

    def sample(loss, weights, sampler):
        calls.append((float(loss(weights)), weights, sampler))
        return calls[-1][0] + torch.arange(1.0, sampler.draws + 1).double().repeat(sampler.chains, 1)

    monkeypatch.setattr(langevin, "sample", sample)
    monkeypatch.setattr(langevin, "installed", lambda: True)
    return calls


class TestFromDraws:
    def test_it_is_n_beta_times_the_mean_excess(self, sampled) -> None:
        """12 of 49 rows are train; the mean of 1 .. 6 is 3.5."""
        train = np.arange(49) % 4 == 1
        snapshot = handmade_snapshot(7, {2: 3.0}, train)
        result = measured(QUICK, snapshot)
        n = int(train.sum())
        assert result.headline["llc"] == pytest.approx(3.5 * n / math.log(n), rel=1e-9)
        assert result.headline["rows"] == n == 12
        assert result.headline["baseline"] == pytest.approx(float(snapshot.losses[torch.from_numpy(train)].mean()), rel=1e-6)
        assert result.headline["deviation"] == 0
        assert result.headline["chain_deviations"] == pytest.approx([math.sqrt(3.5) * n / math.log(n)] * 2, rel=1e-9)

    def test_the_sampler_is_told_everything(self, sampled) -> None:
        measured(LearningCoefficient(epsilon=0.1, gamma=2.0, chains=4, draws=5, burn_in=3, seed=9), handmade_snapshot(7, {2: 3.0}))
        (_, weights, sampler), *_ = sampled
        assert sampler == langevin.Sampler(0.1, 49 / math.log(49), 2.0, 4, 5, 3, 9)
        assert all(tensor.dtype == torch.float32 for tensor in weights.values())

    def test_more_rows_than_asked_for_are_drawn_once(self, sampled) -> None:
        found = measured(LearningCoefficient(rows=20), handmade_snapshot(7, {2: 3.0})).headline
        assert found["rows"] == 20
        assert found["n_beta"] == pytest.approx(20 / math.log(20), rel=1e-12)

    def test_a_chain_that_ran_away_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(langevin, "sample", lambda loss, weights, sampler: torch.full((2, 6), math.nan))
        result = measured(QUICK, handmade_snapshot(7, {2: 3.0}))
        assert result.headline["llc"] is None
        assert "smaller epsilon" in result.missing["llc"]


@needs_library
def test_a_relaxed_network_has_a_positive_one(tmp_path: Path) -> None:
    """Right on every row with a margin: any step away costs something. At a start far from a minimum it is below."""
    found = measured(LearningCoefficient(chains=2, draws=40, burn_in=10, epsilon=1e-5), handmade_snapshot(7, {1: 6.0, 2: 6.0}))
    assert found.headline["llc"] > 0
    assert found.table["draw"].nunique() == 40


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(langevin, "installed", lambda: False)
    found = analyze(open_run(make_run(tmp_path / "run")), ["learning-coefficient"], nulls=0)["learning-coefficient"]
    assert "install mechgrok[llc]" in found.reason


def test_a_single_train_row_is_too_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(langevin, "installed", lambda: True)
    run = open_run(make_run(tmp_path / "run", p=2, train=0.25))
    assert "two train rows" in (LearningCoefficient().obstacle(run) or "")


def test_the_caption_says_how_it_was_sampled() -> None:
    assert "epsilon = 3e-05, gamma = 1000; 2 chains of 2 steps of burn-in and 6 draws" in QUICK.caption()
