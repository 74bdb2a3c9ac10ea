"""loss on planted networks, against published numbers and wrong readings of its definition."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from corrupted import P, corrupted, expected, following
from planted import Planted, cosine_logits, measured, table
from published import PRECISE, each, nats, share

from mechgrok.data.corruptions.increment import Increment
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.measures.grokking.loss import Loss
from mechgrok.runs.run import Run

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestLoss:
    def test_accuracy_counts_rows(self) -> None:
        grid = table(7, train=np.arange(49) < 20)
        logits = torch.nn.functional.one_hot(grid.labels, 7).double()
        wrong = [1, 5, 30]
        logits[wrong] = logits[wrong].roll(1, 1)
        found = measured(Loss(), Planted(grid, logits)).headline
        assert [found[f"accuracy_{split}"] for split in ("all", "train", "test")] == [46 / 49, 18 / 20, 28 / 29]
        right = math.log(math.e + 6) - 1
        assert found["train"] == pytest.approx((18 * right + 2 * (right + 1)) / 20, rel=1e-13)

    def test_other_operations(self) -> None:
        for operation in ("subtract", "add-squares"):
            grid = table(11, operation)
            snapshot = Planted(grid, cosine_logits(grid, {1: 9.0, 4: 9.0, 5: 5.0}))
            assert measured(Loss(), snapshot).headline["accuracy_all"] == 1
            assert measured(KeyFrequencies(), snapshot).headline["frequencies"] == [1, 4, 5]
            assert measured(RestrictedLoss(), snapshot).headline["all_cube"] == pytest.approx(
                measured(Loss(), snapshot).headline["all"], rel=1e-9
            )


def test_loss_is_against_what_was_trained_on_train_rows_and_the_truth_elsewhere() -> None:
    labels = corrupted(Increment(fraction=0.3))
    share = int(0.3 * 70) / 70
    memorised = measured(Loss(), following(labels.trained, labels)).headline
    inverted = measured(Loss(), following(labels.truth, labels)).headline
    assert (memorised["accuracy_train"], memorised["accuracy_test"]) == (1, 1)
    assert memorised["accuracy_all"] == pytest.approx(1 - 21 / P**2, rel=1e-12)
    assert (inverted["accuracy_all"], inverted["accuracy_test"]) == (1, 1)
    assert inverted["accuracy_train"] == pytest.approx(1 - share, rel=1e-12)
    assert inverted["train"] == pytest.approx(expected(1 - share), rel=1e-12)


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_loss(self, nanda) -> None:
        found = nanda["loss"].headline
        assert {split: found[split] for split in ("all", "train", "test")} == each(
            {"all": 2.88806e-3, "train": 3.045181e-4, "test": 3.994994e-3}, nats
        )
        assert found["accuracy_all"] == share(0.9994518)
        rows = nanda["loss"].table.set_index("split")["rows"].to_dict()
        assert rows == {"all": 12769, "train": 3830, "test": 8939}


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_loss_and_what_is_missing(self, chughtai, authors) -> None:
        found = chughtai["loss"]
        assert (found.headline["all"], found.headline["accuracy_all"]) == (nats(authors["all_loss"]), 1)
        for name in ("train", "test", "accuracy_train", "accuracy_test"):
            assert found.headline[name] is None
            assert "split of this run is unknown" in found.missing[name]

    @pytest.fixture(scope="class")
    def authors(self, oracles: Path) -> Mapping[str, float]:
        return json.loads((oracles / "chughtai2023" / "C113_T_seed1" / "summary_metrics.json").read_text())

    def test_the_split(self, chughtai_split, authors) -> None:
        found = chughtai_split["loss"].headline
        expected = {split: pytest.approx(authors[f"{split}_loss"], rel=1e-6) for split in ("all", "train", "test")}
        assert {split: found[split] for split in expected} == expected


def test_trap_1_cross_entropy_in_float32(chughtai_run: Run, chughtai) -> None:
    """Float32 rounds every loss to a multiple of 1.2e-7, the size of the mean."""
    published, snapshot = 1.5851601e-7, chughtai_run.snapshot()
    wrong = torch.nn.functional.cross_entropy(snapshot.logits.float(), snapshot.grid.labels).item()
    assert wrong != pytest.approx(published, rel=10 * PRECISE["loss"])
    assert chughtai["loss"].headline["all"] == pytest.approx(published, rel=PRECISE["loss"])
