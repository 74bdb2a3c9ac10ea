"""Each parser reads its sample, and reads or refuses hostile variants of it in one line of bounded length."""

from __future__ import annotations

import time

import pytest
from fuzz import Findings, feed, wrong_message
from parsers import Parser, parsers

from mechgrok.errors import UserError

INPUTS, WHOLE = 100, 2


@pytest.fixture(scope="module")
def all_parsers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Parser]:
    return parsers(tmp_path_factory.mktemp("parsers"))


def test_samples_are_read(all_parsers: dict[str, Parser]) -> None:
    for parser in all_parsers.values():
        parser.read(parser.valid)


def test_hostile_variants_are_read_or_refused(all_parsers: dict[str, Parser]) -> None:
    found = {name: feed(each.read, each.hostile(WHOLE if each.whole else INPUTS, seed=0)) for name, each in all_parsers.items()}
    assert not {name: each.failures for name, each in found.items() if each.failures}
    assert sum(each.refused for each in found.values()) > INPUTS


def _refuse(text: str) -> None:
    raise UserError(text) if text.startswith("a") else KeyError(text)


def _wait(seconds: float) -> None:
    time.sleep(seconds)


def test_the_fuzzer_notices_other_errors_and_long_times() -> None:
    found = feed(_refuse, iter(["ab", "b"]))
    assert (found.inputs, found.refused, len(found.failures)) == (2, 1, 1)
    assert "TooSlowError" in str(feed(_wait, iter([5.0]), seconds=0.05))


def test_the_fuzzer_notices_messages_that_a_terminal_cannot_show() -> None:
    assert wrong_message("a\nb")
    assert wrong_message("x" * 5000)
    assert not wrong_message("config.json: unknown key é")
    assert str(Findings()).startswith("0 inputs")
