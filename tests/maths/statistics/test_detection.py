"""Areas under curves by counting pairs and thresholds, and the bootstrap over clusters by doing it row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mechgrok.maths.statistics import detection
from mechgrok.maths.statistics.detection import auroc, average_precision, detected

rows = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=25).filter(
    lambda found: 0 < sum(positive for _, positive in found) < len(found)
)


def tensors(found: Sequence[tuple[int, bool]]) -> tuple[Tensor, Tensor]:
    return torch.tensor([float(score) for score, _ in found]), torch.tensor([positive for _, positive in found])


def by_pairs(found: Sequence[tuple[float, bool]]) -> Fraction:
    """The share of pairs that are in the right order, equal ones half."""
    pairs = [(one, other) for one, first in found if first for other, second in found if not second]
    return sum(
        (Fraction(1) if one > other else Fraction(1, 2) if one == other else Fraction(0) for one, other in pairs), Fraction(0)
    ) / len(pairs)


def by_thresholds(found: Sequence[tuple[float, bool]]) -> Fraction:
    """Each threshold's precision, times the recall that it adds."""
    total, before, area = sum(positive for _, positive in found), Fraction(0), Fraction(0)
    for threshold in sorted({score for score, _ in found}, reverse=True):
        called = [positive for score, positive in found if score >= threshold]
        recall, precision = Fraction(sum(called), total), Fraction(sum(called), len(called))
        area, before = area + (recall - before) * precision, recall
    return area


@given(rows)
@settings(max_examples=60, deadline=None)
def test_areas_are_those_of_the_definitions(found: list[tuple[int, bool]]) -> None:
    assert auroc(*tensors(found)) == pytest.approx(float(by_pairs(found)), rel=1e-12)
    assert float(average_precision(*tensors(found))) == pytest.approx(float(by_thresholds(found)), rel=1e-12)


def test_known_areas() -> None:
    positive = torch.tensor([True, True, False, False])
    for scores, area in (([4.0, 3, 2, 1], 1.0), ([1.0, 2, 3, 4], 0.0), ([1.0, 1, 1, 1], 0.5), ([4.0, 1, 3, 2], 0.5)):
        assert auroc(torch.tensor(scores), positive) == area


def test_an_area_only_depends_on_the_order() -> None:
    scores, positive = torch.arange(9.0), torch.arange(9) % 3 == 1
    assert auroc(scores, positive) == auroc(scores.exp(), positive) == 1 - auroc(-scores, positive)


def test_rows_of_one_kind_have_no_area() -> None:
    assert math.isnan(auroc(torch.arange(3.0), torch.ones(3, dtype=torch.bool)))
    assert math.isnan(auroc(torch.arange(3.0), torch.zeros(3, dtype=torch.bool)))
    nothing = detected(torch.arange(3.0), torch.zeros(3, dtype=torch.bool), torch.arange(3), 5, 0)
    assert all(math.isnan(value) for value in vars(nothing).values())


@given(rows, st.lists(st.integers(0, 3), min_size=25, max_size=25))
@settings(max_examples=40, deadline=None)
def test_weights_are_repetitions(found: list[tuple[int, bool]], times: list[int]) -> None:
    repeated = [row for row, count in zip(found, times, strict=False) for _ in range(count)]
    if not any(positive for _, positive in repeated):
        return
    weights = torch.tensor([times[: len(found)]], dtype=torch.float64)
    assert float(average_precision(*tensors(found), weights)) == pytest.approx(float(by_thresholds(repeated)), rel=1e-12)


def made(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Twelve clusters of five rows; the first four are positive, and cluster 3 scores as the negative ones do."""
    clusters = torch.arange(12).repeat_interleave(5)
    noise = torch.randn(60, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return noise + 2.0 * (clusters < 3), clusters < 4, clusters


def test_the_interval_is_that_of_drawing_clusters_with_their_rows() -> None:
    """Each draw is made row by row and counted by pairs; positive clusters among themselves, negative ones among themselves."""
    scores, positive, clusters = made()
    generator, draws = np.random.default_rng(3), 40
    ours = [generator.multinomial(4, [1 / 4] * 4, draws), generator.multinomial(8, [1 / 8] * 8, draws)]
    areas, precisions = [], []
    for times in np.concatenate(ours, axis=1):
        drawn = [(float(scores[row]), bool(positive[row])) for row in range(60) for _ in range(times[int(clusters[row])])]
        areas.append(float(by_pairs(drawn)))
        precisions.append(float(by_thresholds(drawn)))
    found = detected(scores, positive, clusters, draws, 3)
    assert (found.auroc_low, found.auroc_high) == pytest.approx(tuple(np.quantile(areas, [0.025, 0.975])), rel=1e-12)
    assert (found.auprc_low, found.auprc_high) == pytest.approx(tuple(np.quantile(precisions, [0.025, 0.975])), rel=1e-12)
    assert found.auroc == pytest.approx(auroc(scores, positive), rel=1e-12)


def test_clusters_widen_the_interval() -> None:
    """Taken for sixty independent rows, the same scores would seem to tell more than they do."""
    scores, positive, clusters = made()
    clustered, single = (detected(scores, positive, each, 400, 0) for each in (clusters, torch.arange(60)))
    assert clustered.auroc == single.auroc
    assert clustered.auroc_high - clustered.auroc_low > 1.3 * (single.auroc_high - single.auroc_low)


def test_clusters_of_both_kinds_are_drawn_together() -> None:
    """One cluster holds all rows, so that every draw is the table itself."""
    scores, positive, _ = made()
    found = detected(scores, positive, torch.zeros(60, dtype=torch.int64), 10, 0)
    assert found.auroc_low == pytest.approx(found.auroc, rel=1e-12)
    assert found.auroc_high == pytest.approx(found.auroc, rel=1e-12)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Scores of cluster means N(1, 1) and N(0, 1): AUROC = Phi(1 / sqrt 2) = .7602; a percentile bootstrap of 30 + 30 clusters covers
    95 % within a few points."""
    truth, hits = 0.5 * (1 + math.erf(0.5)), 0
    for seed in range(60):
        generator = torch.Generator().manual_seed(seed)
        means = torch.randn(60, generator=generator, dtype=torch.float64) + torch.tensor([1.0] * 30 + [0.0] * 30)
        clusters = torch.arange(60).repeat_interleave(3)
        found = detected(means[clusters], clusters < 30, clusters, 200, seed)
        hits += found.auroc_low <= truth <= found.auroc_high
    assert 51 <= hits <= 60


def test_draws_are_a_matter_of_the_seed() -> None:
    assert detected(*made(), 30, 1) == detected(*made(), 30, 1) != detected(*made(), 30, 2)
    assert detection.QUANTILES == (0.025, 0.975)
