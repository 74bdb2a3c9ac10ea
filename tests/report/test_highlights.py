"""The numbers that come first in a summary."""

from __future__ import annotations

from typing import Any

import pytest

from mechgrok.report.highlights import MOST, highlights
from mechgrok.report.terminal import every_number, filled, first_numbers


def ok(**headline: Any) -> dict[str, Any]:
    null = {key: {"mean": 0.25, "z": 4.0} for key in headline}
    return {"status": "ok", "headline": headline, "missing": {}, "null": null}


KNOWN = {
    "loss": ok(all=1.0, train=0.123456, test=2.0, accuracy_test=1.0),
    "logit-cosines": ok(explained=0.5, explained_key=0.4, similarity={"3": 0.1}),
    "weight-norms": ok(total=3.0),
}


def test_known_numbers_come_in_the_order_of_the_measures() -> None:
    assert highlights({"measures": KNOWN}) == {
        ("loss", "train"): False,
        ("loss", "test"): False,
        ("loss", "accuracy_test"): False,
        ("logit-cosines", "explained_key"): True,
        ("weight-norms", "total"): False,
    }


def test_where_few_are_known_each_measure_shows_its_first() -> None:
    found = highlights({"measures": {"mine": ok(b=1, a=2), "other": ok(c=3), "loss": ok(train=1.0)}})
    assert found == {("mine", "b"): True, ("other", "c"): True, ("loss", "train"): False}


def test_there_are_never_more_than_fifteen() -> None:
    assert len(highlights({"measures": {f"m{n}": ok(a=n) for n in range(40)}})) == MOST == 15


def test_where_the_split_is_unknown_the_loss_over_all_rows_comes_first() -> None:
    loss = ok(train=None, test=None, accuracy_test=None, all=0.7, accuracy_all=0.8)
    unknown = loss | {"missing": dict.fromkeys(("train", "test", "accuracy_test"), "the split is unknown")}
    assert list(highlights({"measures": KNOWN | {"loss": unknown}}))[:2] == [("loss", "all"), ("loss", "accuracy_all")]


@pytest.mark.parametrize(("accuracy", "is_shown"), [(0.31, False), (0.95, True)])
def test_the_algorithm_is_named_only_of_a_network_that_generalised(accuracy: float, is_shown: bool) -> None:
    measures = {"loss": ok(train=1.0, accuracy_test=accuracy), "clock-pizza": ok(label="clock")}
    assert (("clock-pizza", "label") in highlights({"measures": measures})) is is_shown
    assert ("clock-pizza", "label") in highlights({"measures": {"clock-pizza": ok(label="clock")}})


def test_a_null_stands_beside_a_share_and_not_beside_a_loss() -> None:
    rows = {row[:2]: row[2:] for row in first_numbers({"measures": KNOWN})}
    assert rows["loss", "train"] == ("0.123", "", "")
    assert rows["logit-cosines", "explained_key"] == ("0.4", "0.25", "4")


def test_every_number_has_six_digits_and_measures_without_a_result_their_reason() -> None:
    other = {"status": "not-applicable", "reason": "no attention"}
    rows = every_number({"measures": {**KNOWN, "attention-fit": other}})
    assert ("loss", "train", "0.123456", "0.25", "4") in rows
    assert ("attention-fit", "not-applicable", "no attention", "", "") in rows
    assert "similarity" not in {row[1] for row in rows}
    assert [row[0] for row in every_number({"measures": KNOWN}, ["weight-norms"])] == ["weight-norms"]


def test_a_failure_and_a_missing_number_are_never_left_out() -> None:
    missing = ok(train=1.0, test=None, accuracy_test=None) | {"missing": {"test": "no test rows"}}
    rows = first_numbers({"measures": {"loss": missing, "gini": {"status": "failed", "reason": "ValueError: no"}}})
    assert ("loss", "test", "no test rows", "", "") in rows
    assert ("gini", "failed", "ValueError: no", "", "") in rows


def test_a_column_that_is_empty_in_all_rows_is_left_out() -> None:
    assert filled([("loss", "train", "1", "", ""), ("gini", "W_E", "2", "0.1", "")]) == (
        ["measure", "number", "value", "null mean"],
        [("loss", "train", "1", ""), ("gini", "W_E", "2", "0.1")],
    )
