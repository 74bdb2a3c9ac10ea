"""How a measure is named on the command line."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechgrok.engine import registry
from mechgrok.errors import UserError
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.algorithms.clock_pizza import ClockPizza
from mechgrok.measures.base.measure import Measure
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies, Rule

DEFAULTS = [
    (name, field.name, field.default)
    for name, kind in registry.measures().items()
    for field in dataclasses.fields(kind)
    if isinstance(field.default, int | float)
]


class TestRegistry:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("gimi", "unknown measure gimi; did you mean gini?"),
            ("", "is not a measure; write name"),
            ("gini(", "is not a measure; write name"),
            ("restricted-loss(keys=1", "is not a measure; write name"),
            ("restricted-loss(1,2)", "has no field"),
            ("restricted-loss(kyes=1)", "has no field kyes; did you mean keys?"),
            ("gini(keys=1)", "gini has no field keys"),
            ("restricted-loss(keys=some)", "restricted-loss: keys=some: "),
            ("restricted-loss(keys=1.5)", "restricted-loss: keys=1.5: "),
            pytest.param("neuron-frequencies(threshold=2)", "less than or equal to 1"),
            ("neuron-frequencies(threshold=high)", "threshold=high: "),
            pytest.param("key-frequencies(threshold=-1)", "greater than or equal to 0"),
            ("key-frequencies(rule=best)", "rule=best: "),
        ],
    )
    def test_what_it_does_not_know_is_refused_in_one_line(self, text: str, message: str) -> None:
        with pytest.raises(UserError) as caught:
            registry.parse(text)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (" restricted-loss ( keys = 6, 23,39 ) ", RestrictedLoss(keys=(6, 23, 39))),
            ("restricted-loss(keys=[6, 23])", RestrictedLoss(keys=(6, 23))),
            ("restricted-loss(keys=6 23)", RestrictedLoss(keys=(6, 23))),
            ("restricted-loss(keys=6)", RestrictedLoss(keys=(6,))),
            ("restricted-loss(keys=own)", RestrictedLoss(keys="own")),
            ("restricted-loss()", RestrictedLoss()),
            ("clock-pizza(circularity=0)", ClockPizza(circularity=0)),
            ("key-frequencies(fixed=1,2, rule=fixed)", KeyFrequencies(rule="fixed", fixed=(1, 2))),
        ],
    )
    def test_what_it_reads(self, text: str, expected: Measure) -> None:
        assert registry.parse(text) == expected

    @pytest.mark.parametrize(("name", "field", "value"), DEFAULTS)
    def test_what_is_the_default_may_be_said(self, name: str, field: str, value: float) -> None:
        assert registry.parse(f"{name}({field}={value})") == registry.measures()[name]()

    @given(
        rule=st.sampled_from(Rule.__args__),
        threshold=st.floats(0, 1e6),
        at=st.sampled_from(["own", "last"]),
        fixed=st.lists(st.integers(1, 500), max_size=4).map(tuple),
    )
    @settings(deadline=None, max_examples=50)
    def test_a_label_reads_back(self, rule: Rule, threshold: float, at: Any, fixed: tuple[int, ...]) -> None:
        measure = KeyFrequencies(rule=rule, threshold=threshold, at=at, fixed=fixed)
        assert registry.parse(measure.label) == measure
        assert registry.parse(RestrictedLoss(keys=fixed).label) == RestrictedLoss(keys=fixed)


def test_a_name_too_long_for_a_file_is_refused() -> None:
    with pytest.raises(UserError, match="is not a measure; write name or"):
        registry.parse("a" * 5000)
