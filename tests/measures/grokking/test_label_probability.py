"""label-probability on planted networks, against published numbers."""

from __future__ import annotations

import math

import pytest
import torch
from answering import THIRD, P, answers
from planted import Planted, measured, table

from mechgrok.measures.grokking.label_probability import LabelProbability

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestLabelProbability:
    def test_a_known_gap(self) -> None:
        """P = e^g / (e^g + 6) for the label, 1 / (e^g + 6) for the others."""
        grid = table(P, train=THIRD)
        found = measured(LabelProbability(), Planted(grid, answers(grid, 3.0))).headline
        total = math.exp(3) + 6
        probability, other = math.exp(3) / total, 1 / total
        entropy = -(probability * math.log(probability) + 6 * other * math.log(other)) / math.log(7)
        for split in ("all", "train", "test"):
            assert found[f"probability_{split}"] == pytest.approx(probability, rel=1e-13)
            assert found[f"perplexity_{split}"] == pytest.approx(1 / probability, rel=1e-13)
            assert found[f"entropy_{split}"] == pytest.approx(entropy, rel=1e-12)

    def test_means_of_what(self) -> None:
        """Probabilities and entropies are averaged; of losses the mean is taken first: a wrong row makes perplexity jump."""
        grid = table(P, train=THIRD)
        logits = answers(grid, 3.0)
        logits[THIRD] = answers(grid, 5.0, 1)[THIRD]
        found = measured(LabelProbability(), Planted(grid, logits)).headline
        right, wrong = math.exp(3) / (math.exp(3) + 6), 1 / (math.exp(5) + 6)
        share = THIRD.mean()
        assert found["probability_all"] == pytest.approx(share * wrong + (1 - share) * right, rel=1e-13)
        assert found["perplexity_all"] == pytest.approx(math.exp(-share * math.log(wrong) - (1 - share) * math.log(right)), rel=1e-12)
        assert found["perplexity_train"] == pytest.approx(1 / wrong, rel=1e-12)

    def test_guessing_and_certainty(self) -> None:
        grid = table(P)
        guess = measured(LabelProbability(), Planted(grid, torch.full((49, P), 1e3, dtype=torch.float64))).headline
        assert [guess[f"{name}_all"] for name in ("probability", "perplexity", "entropy")] == pytest.approx([1 / 7, 7, 1], rel=1e-12)
        sure = measured(LabelProbability(), Planted(grid, answers(grid, 60.0))).headline
        assert (sure["perplexity_all"], sure["entropy_all"]) == (1, pytest.approx(0, abs=1e-15))
        assert sure["perplexity_train"] is None

    def test_infinite_perplexity_is_a_gap(self) -> None:
        grid = table(P)
        found = measured(LabelProbability(), Planted(grid, answers(grid, 5000.0, 1)))
        assert found.headline["perplexity_all"] is None
        assert found.headline["probability_all"] == 0


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth, p = 113, split of seed 1."""

    def test_perplexity_and_errors(self, nanda) -> None:
        """Losses 2.88806e-3, 3.045181e-4, 3.994994e-3; accuracy .9994518 of 12769 rows is 7 wrong ones, none of them in train."""
        found = nanda["label-probability"].headline
        losses = {"all": 2.88806e-3, "train": 3.045181e-4, "test": 3.994994e-3}
        assert {split: math.log(found[f"perplexity_{split}"]) for split in losses} == pytest.approx(losses, rel=1e-4)
        wrong = nanda["offset-errors"].headline
        assert wrong["wrong_all"] == 7 == round((1 - 0.9994518) * 12769)
        below = nanda["margin"].headline
        assert below["min_test"] < 0 < below["min_train"]
