"""Numbers as people read them."""

from __future__ import annotations

import pytest

from mechgrok.report.numbers import several, show

GAP = "\u202f"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\u2013"),
        (0, "0"),
        (0.0, "0"),
        (1.0, "1"),
        (9999, "9999"),
        (12769, f"12{GAP}769"),
        (0.003045181, "0.00304518"),
        (719.7050123, "719.705"),
        (999999.4, "999999"),
        (1.2450711e-07, f"1.24507{GAP}×{GAP}10⁻⁷"),
        (2e12, f"2{GAP}×{GAP}10¹²"),
        (-0.25, "\u22120.25"),
        (True, "True"),
        ("logit-similarity > 0.05", "logit-similarity > 0.05"),
        ([3, 6, 23], "3, 6, 23"),
        ([], "none"),
        ({"3": 0.1132441, "6": None}, "3: 0.113244, 6: \u2013"),
    ],
)
def test_show(value: object, text: str) -> None:
    assert show(value) == text


def test_fewer_digits() -> None:
    assert show(-57.464646, 3) == "\u221257.5"
    assert show(11891.3, 3) == f"1.19{GAP}×{GAP}10⁴"


def test_few_names_are_all_there_and_many_are_counted() -> None:
    assert several("a") == "a"
    assert several("abcdefb") == "a, b, c, d, e, f"
    assert several("abcdefg") == "a, b, c, d, e and 2 others"
