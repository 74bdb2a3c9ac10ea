from __future__ import annotations

import pickle

import pytest

from mechgrok.errors import LONGEST, InvalidValueError, UserError


@pytest.mark.parametrize(
    ("quoted", "shown"), [("a\nb\r\nc", "a b  c"), ("\x1b[31m\0", "\\x1b[31m\\x00"), ("\u202e\ud800", "\\u202e\\ud800")]
)
def test_a_message_is_one_line_without_control_characters(quoted: str, shown: str) -> None:
    assert str(UserError(f"{quoted} é × 10⁻⁷")) == f"{shown} é × 10⁻⁷"


def test_a_long_message_keeps_its_beginning_and_its_remedy() -> None:
    message = str(UserError(f"config.json: {'y' * 10**6}; restore it from a copy"))
    assert len(message) == LONGEST
    assert message.startswith("config.json: yyy")
    assert message.endswith("yyy; restore it from a copy")


def test_a_message_comes_back_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(InvalidValueError("a\nb")))
    assert (type(error), str(error)) == (InvalidValueError, "a b")
