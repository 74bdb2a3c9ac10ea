"""The hand-built networks compute what they say, and the measures find in them what is there."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from mechgrok.verification import laws, scoring
from mechgrok.verification.hand_built import HandBuiltNetwork, temporary_run, zoo
from mechgrok.verification.zoo import backdoor, clock, cosets, discrete_logarithm, distractor, pizza, quadratic


def table(p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a, b (p^2, 1) and c (1, p)."""
    a, b = np.divmod(np.arange(p * p), p)
    return a[:, None], b[:, None], np.arange(p)[None, :]


def cosines(p: int, amplitudes: Mapping[int, float]) -> np.ndarray:
    a, b, c = table(p)
    return sum(size * np.cos(2 * np.pi * k * (a + b - c) / p) for k, size in amplitudes.items())


def logits(network: HandBuiltNetwork) -> np.ndarray:
    with temporary_run(network) as run:
        return run.snapshot().logits.numpy()


def test_the_clock_is_a_sum_of_cosines() -> None:
    assert logits(clock.NETWORK) == pytest.approx(cosines(53, {3: 10, 11: 8, 19: 6}), abs=2e-5)


def test_the_pizza_shrinks_with_the_distance_of_its_operands() -> None:
    a, b, c = table(53)
    expected = sum(20 * abs(np.cos(np.pi * k * (a - b) / 53)) * np.cos(2 * np.pi * k * (a + b - c) / 53) for k in (2, 9, 16, 23))
    assert logits(pizza.NETWORK) == pytest.approx(expected, abs=0.2)


def test_the_cosets_are_indicators_of_two_residues() -> None:
    a, b, c = table(35)
    sum_is = (a + b - c) % 35
    assert logits(cosets.NETWORK) == pytest.approx(4 * (3.5 * (sum_is % 7 == 0) - 0.5 + 2.5 * (sum_is % 5 == 0) - 0.5), abs=2e-5)


def test_the_backdoor_adds_to_the_logit_of_b() -> None:
    _, b, c = table(53)
    expected = cosines(53, {5: 10, 13: 8, 21: 6}) + 60 * ((b == c) & (b % 17 == 0))
    assert logits(backdoor.NETWORK) == pytest.approx(expected, abs=2e-5)


def test_the_idle_frequencies_do_not_reach_the_logits() -> None:
    assert logits(distractor.NETWORK) == pytest.approx(cosines(53, {4: 10, 12: 8, 20: 6}), abs=2e-5)


def test_the_discrete_logarithm_turns_products_into_sums() -> None:
    p, found = 53, logits(discrete_logarithm.NETWORK)
    powers = [pow(2, i, p) for i in range(p - 1)]
    assert sorted(powers) == list(range(1, p)), "2 generates the units modulo 53"
    a, b, c = 7, 31, 12
    turn = powers.index(a) + powers.index(b) - powers.index(c)
    expected = sum(size * math.cos(2 * math.pi * k * turn / (p - 1)) for k, size in {2: 10, 9: 8, 17: 6}.items())
    assert found[a * p + b, c] == pytest.approx(expected, abs=2e-5)
    assert (found.argmax(1) == np.multiply.outer(np.arange(p), np.arange(p)).ravel() % p).all()


@pytest.mark.parametrize(("width", "enough"), [(22, False), (352, True)])
def test_the_quadratic_network_is_right_once_it_is_wide(width: int, enough: bool) -> None:
    made = quadratic.quadratic(23, width)
    a, b = np.divmod(np.arange(23 * 23), 23)
    features = made.features.numpy()
    neurons = (features[a] @ made.into_a.numpy() + features[b] @ made.into_b.numpy()) ** 2
    right = (neurons @ made.out.numpy()).argmax(1) == (a + b) % 23
    assert right.all() == enough
    assert right.mean() > 0.3


def test_every_finder_finds_what_is_there_or_is_known_to_be_misled() -> None:
    wrong = [score for score in scoring.scores() if not score.check.holds]
    assert [f"{each.network}, {each.finder.measure}: {each.expected} is there, {each.got} was found" for each in wrong] == []


def test_a_score_tells_false_finds_from_misses() -> None:
    finder = scoring.Finder("any", "frequencies", lambda result: set())
    score = scoring.Score("clock", finder, {3, 11}, {3, 5})
    assert (score.false_positives, score.missed) == ([5], [11])
    verdict = scoring.Score("clock", finder, "clock", "pizza")
    assert (verdict.false_positives, verdict.missed) == (["pizza"], ["clock"])
    assert not score.check.holds


def test_a_network_said_to_mislead_must_mislead() -> None:
    finder = scoring.Finder("any", "frequencies", lambda result: set(), {"clock": "why"})
    assert not scoring.Score("clock", finder, {3}, {3}).check.holds
    assert scoring.Score("clock", finder, {3}, set()).check.holds


def test_the_zoo_has_what_the_field_knows() -> None:
    assert {network.name for network in zoo()} >= {"clock", "pizza", "cosets", "quadratic", "backdoor", "distractor", "discrete-logarithm"}


def test_the_laws_hold() -> None:
    assert [f"{each.quantity}: {each.expected} expected, {each.got} found" for each in laws.checks() if not each.holds] == []
