"""Logits whose probabilities, margins and errors are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import Planted, measured, table
from torch import Tensor

from mechgrok.measures.grokking.label_probability import LabelProbability
from mechgrok.measures.grokking.label_statistics import LabelStatistics
from mechgrok.measures.grokking.margin import Margin
from mechgrok.measures.grokking.offset_errors import OffsetErrors
from mechgrok.measures.weights.numerical_health import NumericalHealth
from mechgrok.runs.snapshot import Grid

P = 7
TRAIN = np.arange(P * P) % 3 == 0

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def answers(grid: Grid, gap: float, offset: int | Tensor = 0) -> Tensor:
    """Every row answers its label plus an offset, by `gap`; all other logits are equal."""
    return gap * torch.nn.functional.one_hot((grid.labels + offset) % grid.p, grid.p).double() - 2


class TestLabelProbability:
    def test_a_known_gap(self) -> None:
        """P = e^g / (e^g + 6) for the label, 1 / (e^g + 6) for the others."""
        grid = table(P, train=TRAIN)
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
        grid = table(P, train=TRAIN)
        logits = answers(grid, 3.0)
        logits[TRAIN] = answers(grid, 5.0, 1)[TRAIN]
        found = measured(LabelProbability(), Planted(grid, logits)).headline
        right, wrong = math.exp(3) / (math.exp(3) + 6), 1 / (math.exp(5) + 6)
        share = TRAIN.mean()
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


class TestMargin:
    def test_by_hand(self) -> None:
        """Of right rows the distance to the second, of wrong ones that to the first, negative."""
        grid = table(P, train=TRAIN)
        logits = torch.randn(49, P, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 5
        by_hand = np.array([logits[n, y] - max(logits[n, c] for c in range(P) if c != y) for n, y in enumerate(grid.labels)])
        found = measured(Margin(), Planted(grid, logits))
        for split, rows in {"all": slice(None), "train": TRAIN, "test": ~TRAIN}.items():
            expected = [by_hand[rows].min(), by_hand[rows].mean(), by_hand[rows].max()]
            assert [found.headline[f"{name}_{split}"] for name in ("min", "mean", "max")] == pytest.approx(expected, rel=1e-13)
        assert by_hand.min() < 0
        two_largest = logits.topk(2).values
        assert found.headline["mean_all"] != pytest.approx((two_largest[:, 0] - two_largest[:, 1]).mean().item(), rel=0.1)

    def test_the_histogram_counts_every_row_where_it_lies(self) -> None:
        """Margins 4 and -10 in 40 bins of .35 from -10 to 4."""
        grid = table(P, train=TRAIN)
        logits = answers(grid, 4.0)
        logits[:5] = answers(grid, 10.0, 2)[:5]
        bins = measured(Margin(), Planted(grid, logits)).table.query("statistic == 'bin' and rows > 0")
        found = {split: dict(zip(part["margin"], part["rows"], strict=True)) for split, part in bins.groupby("split")}
        low, high = pytest.approx(-10 + 0.175), pytest.approx(4 - 0.175)
        for split, wrong in {"all": 5, "train": TRAIN[:5].sum(), "test": (~TRAIN[:5]).sum()}.items():
            rows = {"all": 49, "train": TRAIN.sum(), "test": (~TRAIN).sum()}[split]
            assert list(found[split].items()) == [(low, wrong), (high, rows - wrong)]

    def test_the_figure_shows_shares_of_each_split(self) -> None:
        grid = table(P, train=TRAIN)
        figure = measured(Margin(), Planted(grid, answers(grid, 4.0, torch.arange(49) % 2))).figure()
        shares = [sum(trace.y) for trace in figure.data if trace.type == "bar"]
        assert shares == pytest.approx([1, 1])

    def test_margin_above_zero_is_right(self) -> None:
        grid = table(P)
        logits = answers(grid, 1.0, torch.arange(49) % 2)
        found = measured(Margin(), Planted(grid, logits))
        assert (found.headline["min_all"], found.headline["max_all"]) == (-1, 1)


class TestOffsetErrors:
    def test_which_way(self) -> None:
        grid = table(P, train=TRAIN)
        offset = torch.zeros(49, dtype=torch.long)
        offset[:8], offset[8:10] = 3, 5
        found = measured(OffsetErrors(), Planted(grid, answers(grid, 2.0, offset)))
        counts = found.table[found.table["split"] == "all"].set_index("offset")["count"].to_dict()
        assert counts == {1: 0, 2: 0, 3: 8, 4: 0, 5: 2, 6: 0}
        in_train = int(TRAIN[:10].sum())
        assert found.headline == {
            "wrong_all": 10,
            "wrong_train": in_train,
            "wrong_test": 10 - in_train,
            "most_frequent": 3,
            "share_of_most_frequent": 0.8,
        }

    def test_all_right_and_split_unknown(self) -> None:
        grid = table(P)
        found = measured(OffsetErrors(), Planted(grid, answers(grid, 2.0)))
        assert found.headline["wrong_all"] == 0
        assert found.missing["most_frequent"] == "no row is wrong"
        assert "unknown" in found.missing["wrong_train"]

    def test_in_the_multiplicative_basis_offsets_are_ratios(self) -> None:
        """a b over the units modulo 7: answers of 3 a b are off by the discrete logarithm of 3, the root itself: 1."""
        grid = table(P)
        labels = grid.operands[:, 0] * grid.operands[:, 1] % P
        units = grid.through(OffsetErrors(basis="multiplicative").view(Planted(grid, answers(grid, 1.0))).grid.chart)
        logits = torch.nn.functional.one_hot(3 * labels[units.rows] % P, P).double()[:, torch.from_numpy(units.chart.tokens)]
        log = {token: i for i, token in enumerate(units.chart.tokens.tolist())}
        as_products = Grid(
            units.task,
            units.chart,
            units.rows,
            units.operands,
            torch.tensor([log[y] for y in labels[units.rows].tolist()]),
            units.phase,
            units.subsets,
        )
        found = measured(OffsetErrors(), Planted(as_products, logits))
        assert (found.headline["most_frequent"], found.headline["wrong_all"]) == (1, 36)


class TestNumericalHealth:
    """Six others at a distance g add 6 e^-g to 1: lost in float32 below 2^-25 each and together, kept above 2^-23."""

    def shares(self, logits: Tensor, grid: Grid) -> dict[str, float]:
        return measured(NumericalHealth(), Planted(grid, logits)).headline

    def test_collapse_by_distance(self) -> None:
        grid = table(P, train=TRAIN)
        logits = answers(grid, 14.0)
        logits[TRAIN] = answers(grid, 20.0)[TRAIN]
        found = self.shares(logits, grid)
        assert (found["collapsed_train"], found["collapsed_test"]) == (1, 0)
        assert found["collapsed_all"] == found["zero_loss_all"] == pytest.approx(TRAIN.mean(), rel=1e-14)
        in_float32 = torch.nn.functional.cross_entropy(logits.float(), grid.labels, reduction="none")
        assert ((in_float32 == 0).numpy() == TRAIN).all()
        in_float64 = torch.nn.functional.cross_entropy(logits, grid.labels, reduction="none")
        assert (in_float64 > 0).all(), "a float64 softmax would see nothing"

    def test_a_collapsed_wrong_answer_has_a_loss(self) -> None:
        grid = table(P)
        found = self.shares(answers(grid, 25.0, 1), grid)
        assert (found["collapsed_all"], found["zero_loss_all"]) == (1, 0)

    def test_two_at_the_top(self) -> None:
        grid = table(P)
        found = self.shares(answers(grid, 40.0) + answers(grid, 40.0, 1), grid)
        assert (found["collapsed_all"], found["zero_loss_all"]) == (0, 0)


def divergence(q: np.ndarray, other: np.ndarray) -> float:
    q, other = q / q.sum(), other / other.sum()
    return float((q[q > 0] * np.log(q[q > 0] / other[q > 0])).sum())


class TestLabelStatistics:
    grid = table(5, train=np.arange(25) % 3 == 0)

    def test_this_split(self) -> None:
        """Labels of the rows 0, 3, 6, ... of a + b modulo 5, counted."""
        labels = (np.arange(25) // 5 + np.arange(25)) % 5
        train = np.bincount(labels[::3], minlength=5)
        found = measured(LabelStatistics(), Planted(self.grid)).headline
        assert found["entropy_all"] == pytest.approx(math.log(5), rel=1e-14)
        assert found["entropy_train"] == pytest.approx(math.log(9) - (train * np.log(train)).sum() / 9, rel=1e-13)
        assert found["divergence"] == pytest.approx(divergence(train, 5 - train), rel=1e-13)
        assert found["divergence"] != pytest.approx(divergence(5 - train, train), rel=1e-2)

    def test_random_splits(self) -> None:
        """Against splits that are really drawn. The mean of 1000 is known to sd / 32."""
        grid, draw = table(11, train=np.arange(121) % 3 == 0), np.random.default_rng(5)
        drawn = [np.bincount(draw.permutation(grid.labels.numpy())[:41], minlength=11) for _ in range(1000)]
        values = [divergence(train, 11 - train) for train in drawn]
        found = measured(LabelStatistics(splits=400, seed=1), Planted(grid)).headline
        assert found["divergence_random_mean"] == pytest.approx(np.mean(values), abs=4 * np.std(values) / 20)
        assert found["divergence_random_sd"] == pytest.approx(np.std(values), rel=0.2)

    def test_a_label_without_test_rows(self) -> None:
        grid = table(5, train=(np.arange(25) // 5 + np.arange(25)) % 5 == 0)
        found = measured(LabelStatistics(), Planted(grid))
        assert found.headline["divergence"] is None
        assert "infinite" in found.missing["divergence"]
        assert found.headline["entropy_train"] == 0
        assert found.headline["entropy_test"] == pytest.approx(math.log(4), rel=1e-14)

    def test_random_splits_of_which_some_are_infinite_have_no_mean(self) -> None:
        """Of 6 of the 9 rows, most draws, but not all, take a label whole; 400 draws have both kinds."""
        grid = table(3, train=np.isin(np.arange(9), [0, 1, 4, 5, 6, 8]))
        found = measured(LabelStatistics(splits=400), Planted(grid))
        row = found.table.set_index("quantity").loc["divergence"]
        assert math.isfinite(row["value"])
        assert math.isnan(row["random_mean"])
        assert "some random splits" in found.missing["divergence_random_mean"]

    def test_unknown(self) -> None:
        found = measured(LabelStatistics(), Planted(table(5)))
        assert found.headline["entropy_all"] == pytest.approx(math.log(5), rel=1e-14)
        assert all("unknown" in reason for reason in found.missing.values())
        assert len(found.missing) == 5
