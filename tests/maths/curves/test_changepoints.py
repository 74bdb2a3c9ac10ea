"""Level, fall, rest."""

from __future__ import annotations

import numpy as np
import pytest

from mechgrok.maths.curves.changepoints import departure, half_way, knee

T = np.arange(0, 1001)


def ramp(begin: int, end: int, high: float = 5.0, low: float = -15.0) -> np.ndarray:
    """`high` until `begin`, then straight down to `low` at `end`, and there it stays."""
    return np.interp(T, [begin, end], [high, low])


class TestDeparture:
    @pytest.mark.parametrize(("share", "expected"), [(0.0, 300), (0.1, 320), (0.25, 350)])
    def test_of_a_ramp(self, share: float, expected: int) -> None:
        assert departure(ramp(300, 500), share) == expected

    def test_half_way(self) -> None:
        assert half_way(ramp(300, 500)) == 400

    @pytest.mark.parametrize("seed", range(5))
    def test_noise_below_the_share_does_not_move_it_far(self, seed: int) -> None:
        """Noise of +-3 % of the fall on a slope of .5 % a step: at most 12 steps. The place of the highest value moves by hundreds."""
        noisy = ramp(300, 500) + 20 * 0.03 * np.random.default_rng(seed).uniform(-1, 1, len(T))
        assert abs(departure(noisy) - 320) <= 12
        assert abs(int(np.argmax(noisy)) - 300) > 12

    def test_what_comes_after_does_not_matter(self) -> None:
        spiky = ramp(300, 500)
        spiky[[700, 800, 900]] = 6.0
        assert abs(departure(spiky) - 320) <= 1

    def test_a_dip_before_does_not_count_if_it_comes_back(self) -> None:
        dipped = ramp(300, 500)
        dipped[100:120] = 0.0
        assert departure(dipped) == 320

    def test_of_a_sudden_fall(self) -> None:
        assert departure([1.0, 1.0, 1.0, 0.0, 0.0]) == 2

    def test_a_rebound_after_the_fall_is_no_level(self) -> None:
        assert departure([1.0, 0.4, 1.0, 0.0]) == 0
        assert departure([4.0, 0.2, 5.0, 0.0]) == 0

    def test_a_rise_to_the_level_is_no_part_of_the_fall(self) -> None:
        rising = np.where(T < 100, np.interp(T, [0, 100], [1.5, 5.0]), ramp(300, 500))
        assert departure(rising) == 320


class TestKnee:
    def test_of_a_fall_that_comes_to_rest(self) -> None:
        """depth = 1 - 200 / 1000."""
        assert knee(T, np.interp(T, [0, 200], [100.0, 40.0])) == (200, pytest.approx(0.8, abs=1e-12))

    def test_on_uneven_steps(self) -> None:
        steps = np.unique(np.geomspace(1, 1000, 60).astype(int))
        values = np.interp(steps, [1, steps[30]], [7.0, 1.0])
        assert knee(steps, values)[0] == 30

    def test_of_an_exponential(self) -> None:
        """The slope of the chord: exp(-t / tau) = tau / T (1 - exp(-T / tau))."""
        tau = 150
        expected = -tau * np.log(tau / 1000 * (1 - np.exp(-1000 / tau)))
        assert knee(T, np.exp(-T / tau))[0] == pytest.approx(expected, abs=1)

    @pytest.mark.parametrize("values", [100.0 - T / 20, T / 20, np.ones(1001)])
    def test_there_is_none(self, values: np.ndarray) -> None:
        assert knee(T, values)[1] == pytest.approx(0, abs=1e-12)

    def test_where_nothing_falls_it_is_the_first_reading(self) -> None:
        assert knee(T, np.ones(1001)) == (0, 0.0)
        assert knee(T, T / 20) == (0, 0.0)

    def test_the_first_step_need_not_be_zero(self) -> None:
        assert knee(T + 500, np.interp(T, [0, 200], [100.0, 40.0])) == (200, pytest.approx(0.8, abs=1e-12))

    def test_neither_scale_matters(self) -> None:
        assert knee(T / 1e6, np.interp(T, [0, 200], [1e-4, 4e-5])) == (200, pytest.approx(0.8, abs=1e-12))

    def test_one_reading_has_none(self) -> None:
        assert knee([7], [3.0]) == (0, 0.0)

    def test_a_rebound_at_the_end_does_not_tilt_the_chord(self) -> None:
        values = np.interp(T, [0, 200, 900, 1000], [100.0, 40.0, 40.0, 95.0])
        assert knee(T, values)[0] == 200
