"""At which steps something is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from trained_runs import config

from mechgrok.training.recording_steps import RecordingSteps


def kept(steps: int, every: int = 0, log_spaced: int = 0, at: tuple[int, ...] = ()) -> list[int]:
    made = config(training__steps=steps, checkpoints__every=every, checkpoints__log_spaced=log_spaced, checkpoints__at=at)
    schedule = RecordingSteps(made)
    return [step for step in range(steps + 1) if schedule.keeps(step)]


def test_first_and_last_are_always_kept() -> None:
    assert kept(17) == [0, 17]
    assert kept(0, every=5, log_spaced=5) == [0]
    assert kept(1) == [0, 1]


def test_every_so_many() -> None:
    assert kept(17, every=5) == [0, 5, 10, 15, 17]
    assert kept(15, every=5) == [0, 5, 10, 15]


def test_chosen_ones_up_to_the_last() -> None:
    assert kept(17, at=(3, 16, 17, 18, 10**9)) == [0, 3, 16, 17]


def test_logarithmically_spaced() -> None:
    assert kept(1000, log_spaced=4) == [0, 1, 10, 100, 1000]
    assert kept(1000, log_spaced=1) == [0, 1, 1000]
    assert 45 <= len(kept(40_000, log_spaced=60)) <= 62


@given(steps=st.integers(0, 3000), every=st.integers(0, 500), log_spaced=st.integers(0, 60), evaluate=st.integers(1, 700))
def test_laws(steps: int, every: int, log_spaced: int, evaluate: int) -> None:
    made = config(training__steps=steps, training__evaluate_every=evaluate, checkpoints__every=every, checkpoints__log_spaced=log_spaced)
    schedule = RecordingSteps(made)
    all_steps = range(steps + 1)
    kept = {step for step in all_steps if schedule.keeps(step)}
    assert {0, steps, *(range(0, steps + 1, every) if every else ())} <= kept
    assert len(kept) <= 2 + log_spaced + (steps // every + 1 if every else 0)
    assert {step for step in all_steps if schedule.evaluates(step)} == kept | set(range(0, steps + 1, evaluate))


def test_checkpoints_too_many_to_list_take_no_memory() -> None:
    made = config(training__steps=10**12, checkpoints__every=2)
    assert [RecordingSteps(made).keeps(step) for step in (10**12, 10**11, 10**11 + 1)] == [True, True, False]
