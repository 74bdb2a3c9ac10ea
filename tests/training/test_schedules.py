"""Learning rates at named steps."""

from __future__ import annotations

import math

import pytest

from mechgrok.training.schedules.cosine import Cosine
from mechgrok.training.schedules.linear_warmup import LinearWarmup


def test_the_warm_up_of_the_paper() -> None:
    assert [LinearWarmup().factor(step) for step in (0, 1, 5, 10, 11, 10**6)] == [0, 0.1, 0.5, 1, 1, 1]
    assert LinearWarmup(steps=0).factor(0) == 1


def test_the_cosine_of_the_openai_code() -> None:
    """0 -> 1 over 10 steps, then to a tenth over 1e5; half-way down it is the mean, 0.55, at a third (cos = 1/2) 0.775."""
    schedule = Cosine()
    assert [schedule.factor(step) for step in (0, 5, 10)] == [0, 0.5, 1]
    assert schedule.factor(10 + 50_000) == pytest.approx(0.55, rel=1e-12)
    assert [schedule.factor(10 + 100_000), schedule.factor(10**7)] == [pytest.approx(0.1, rel=1e-12)] * 2
    assert Cosine(length=300).factor(110) == pytest.approx(0.775, rel=1e-12)


def test_a_cosine_to_zero_without_warm_up() -> None:
    schedule = Cosine(steps=0, length=4, floor=0)
    half = 0.5 + math.sqrt(0.5) / 2
    assert [schedule.factor(step) for step in range(6)] == pytest.approx([1, half, 0.5, 1 - half, 0, 0], abs=1e-15)
