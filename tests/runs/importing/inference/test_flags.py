"""Readings that the user gives."""

from __future__ import annotations

import pytest

from mechgrok.errors import UserError
from mechgrok.runs.importing.inference.flags import given_readings


def test_options_and_values_are_parted_at_the_first_sign() -> None:
    assert given_readings(["row=a b 97", "mask = causal"]) == {"row": "a b 97", "mask": "causal"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(["gelu"], "--reading gelu: write OPTION=VALUE"), (["heads=2", "heads=4"], "--reading heads=... is given twice; give one value")],
)
def test_other_words_are_refused(words: list[str], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        given_readings(words)
