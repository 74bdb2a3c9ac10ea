"""influence: the network is moved by hand instead of sampled, and pairs of rows are correlated one by one."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import plain_forward
import pytest
import torch
from made_runs import make_run
from moved_weights import MOVES, move_by_hand, scaled
from planted import measured
from safetensors.torch import load_file

from mechgrok.engine.analyze import analyze
from mechgrok.maths.landscape import langevin
from mechgrok.measures.sampling import influence
from mechgrok.measures.sampling.influence import Influence
from mechgrok.runs.run import Run, open_run

P = 5
MEASURE = Influence(chains=2, draws=len(MOVES), burn_in=0)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(make_run(tmp_path / "run", p=P, scale=0.3))


def pair_by_pair(run: Run, draws: np.ndarray) -> dict[str, list[float]]:
    """The correlations of every pair of rows by relation; draws: (draw, row)."""
    found: dict[str, list[float]] = {influence.MIRRORED: [], influence.SAME: [], influence.OTHER: []}
    for n in np.flatnonzero(run.is_train):
        for m in np.flatnonzero(~run.is_train):
            (a, b), (c, d) = divmod(n, P), divmod(m, P)
            same = influence.SAME if (a + b - c - d) % P == 0 else influence.OTHER
            relation = influence.MIRRORED if (a, b) == (d, c) else same
            found[relation].append(np.corrcoef(draws[:, n], draws[:, m])[0, 1])
    return found


def test_it_is_the_mean_correlation_of_pairs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {name: tensor.double() for name, tensor in load_file(run.weights_path(run.last_step)).items()}
    tokens = torch.from_numpy(run.task.inputs())
    losses = lambda now: torch.nn.functional.cross_entropy(plain_forward.logits(now, tokens), run.grid.labels, reduction="none")  # noqa: E731
    draws = np.stack([[losses(scaled(weights, chain, move)).numpy() for move in MOVES] for chain in range(2)])
    move_by_hand(monkeypatch)
    table = measured(MEASURE, run.snapshot()).table.set_index(["chain", "relation"])
    for chain, part in enumerate(draws):
        for relation, values in pair_by_pair(run, part).items():
            assert table["pairs"][chain, relation] == len(values)
            assert table["correlation"][chain, relation] == pytest.approx(np.mean(values), abs=2e-4)


def test_headline_is_the_mean_over_chains(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    move_by_hand(monkeypatch)
    result = measured(MEASURE, run.snapshot())
    mean = result.table.groupby("relation", sort=False)["correlation"].mean()
    head = result.headline
    assert (head["mirrored"], head["same_answer"], head["other_answer"]) == pytest.approx(tuple(mean))
    assert head["excess"] == pytest.approx(mean[influence.SAME] - mean[influence.OTHER])


def test_rows_are_drawn_from_each_split(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    move_by_hand(monkeypatch)
    table = measured(Influence(chains=2, draws=4, burn_in=0, rows=4), run.snapshot()).table
    assert table.groupby("chain")["pairs"].sum().tolist() == [16, 16]


def test_a_chain_that_ran_away_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    move_by_hand(monkeypatch)
    draws = torch.rand(2, 4, P * P, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    draws[1, 2:] = math.nan
    monkeypatch.setattr(langevin, "sample", lambda *arguments: draws)
    assert "a chain diverged" in measured(MEASURE, run.snapshot()).missing["excess"]


def test_without_the_library_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(langevin, "installed", lambda: False)
    assert "install mechgrok[llc]" in analyze(run, ["influence"], nulls=0)["influence"].reason


@pytest.mark.skipif(not langevin.installed(), reason="devinterp is not installed; install mechgrok[llc]")
def test_rows_of_one_class_move_together(tmp_path: Path) -> None:
    """A network whose logits are a bias alone: losses of rows with one answer are the same number at every draw."""
    run = open_run(make_run(tmp_path / "run", p=P, scale=0.0))
    head = measured(Influence(chains=2, draws=20, burn_in=0), run.snapshot()).headline
    assert head["same_answer"] == pytest.approx(1, abs=0.05)
    assert head["other_answer"] < 0.3
