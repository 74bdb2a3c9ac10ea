"""Names in a line of text."""

from __future__ import annotations

from mechgrok.report.names import several


def test_few_names_are_all_there_and_many_are_counted() -> None:
    assert several("a") == "a"
    assert several("abcdefb") == "a, b, c, d, e, f"
    assert several("abcdefg") == "a, b, c, d, e and 2 others"
