"""ipr-pruning on planted networks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from corrupted import TASK, TRAIN, N, P, corrupted, made
from planted import handmade_snapshot, measured, table
from planted_neurons import wave, with_neurons

from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.engine.outcomes import Result
from mechgrok.measures.anomalies.corrupted_loss import CorruptedLoss
from mechgrok.measures.neurons.inverse_participation import InverseParticipation
from mechgrok.measures.neurons.ipr_pruning import IprPruning
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestPruning:
    """6 periodic neurons that answer a + b, 14 that each know one train row wrongly, one a step; without them every answer is 4."""

    p, memorised = 13, 14

    @pytest.fixture(scope="class")
    def result(self) -> Result:
        train = np.arange(self.p**2) % 4 == 0
        grid = table(self.p, train=train)
        waves = [
            (wave(self.p, k, phase, grid.phase), wave(self.p, k, phase, torch.arange(self.p))) for k in (1, 3, 4) for phase in (0, 1.6)
        ]
        rows = torch.nonzero(grid.subsets["train"])[: self.memorised, 0]
        bumps = torch.zeros(self.p**2, self.memorised, dtype=torch.float64)
        bumps[rows, torch.arange(self.memorised)] = 1
        wrong = 40 * torch.nn.functional.one_hot((grid.labels[rows] + 1) % self.p, self.p).double()
        neurons = torch.cat([torch.stack([both[0] for both in waves], 1), bumps], dim=1)
        W_L = torch.cat([torch.stack([5 * both[1] for both in waves]), wrong])
        snapshot = with_neurons(grid, neurons, W_L)
        guess = 1e-3 * torch.nn.functional.one_hot(torch.tensor(4), self.p)
        snapshot._said = snapshot.logits + guess, neurons
        return measured(IprPruning(), snapshot)

    def accuracy(self, result: Result, order: str, split: str) -> pd.Series:
        rows = result.table[(result.table["order"] == order) & (result.table["split"] == split)]
        assert rows["pruned"].tolist() == list(range(21))
        return rows.set_index("pruned")["accuracy"]

    def test_without_the_lowest_what_was_memorised_goes(self, result: Result) -> None:
        found, rows = self.accuracy(result, "lowest first", "all"), self.p**2
        assert found[:15].tolist() == pytest.approx([1 - (14 - n) / rows for n in range(15)], rel=1e-12)
        assert (self.accuracy(result, "lowest first", "test")[:15] == 1).all()

    def test_without_the_highest_what_generalises_goes(self, result: Result) -> None:
        found = self.accuracy(result, "highest first", "test")
        labels = np.add.outer(np.arange(13), np.arange(13)).ravel() % 13
        assert found[0] == 1
        assert found[6:].tolist() == pytest.approx([(labels[np.arange(169) % 4 > 0] == 4).mean()] * 15, rel=1e-12)

    def test_without_all_it_guesses(self, result: Result) -> None:
        last = result.table[result.table["pruned"] == 20]
        assert last["loss"].tolist() == pytest.approx([math.log(13)] * 6, abs=1e-3)

    def test_headline_is_that_of_half(self, result: Result) -> None:
        assert result.headline["all_accuracy_without_lowest_half"] == pytest.approx(1 - 4 / 169, rel=1e-12)
        assert result.headline["test_accuracy_without_lowest_half"] == 1
        assert result.headline["test_accuracy_without_highest_half"] < 0.2


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
        pruned = np.setdiff1d(np.arange(len(ascending)), half)
        answers = (network.logits - network.neurons[:, pruned] @ network.neuron_logit_map[pruned]).argmax(1).numpy()
        right = (answers == labels.rule)[test & labels.trigger].mean()
        assert by_kind[0.5].loc["test-trigger-rule", "accuracy"] == pytest.approx(right)


@pytest.mark.long
def test_the_figure_of_pruning_shows_kinds_where_there_are_some() -> None:
    labels = corrupted(FixedRule(divisor=N))
    clean = handmade_snapshot(P, {1: 4.0}, TRAIN)
    network = Snapshot(Grid.of(TASK, TRAIN, labels), clean.architecture, clean.weights, 0)
    assert {trace.name for trace in measured(IprPruning(), network).figure().data} >= {"test-clean", "test-trigger-rule"}
    assert {trace.name for trace in measured(IprPruning(), clean).figure().data} == {"all", "train", "test"}
