"""Lists of numbers, separated by commas or by blanks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import tyro

from mechgrok.cli import flags
from mechgrok.cli.arguments.lists import other_forms
from mechgrok.errors import UserError


@dataclass(frozen=True)
class Options:
    """A command with a list of each kind."""

    words: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    steps: str = "all"
    keys: tuple[int, ...] = ()
    betas: tuple[float, float] = (0.0, 0.0)


FORMS = [["3,9"], ["3", "9"], ["3,", "9"]]


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_numbers_may_be_separated_by_commas_or_blanks(words: list[str]) -> None:
    assert flags.parse(Options, ["run", "--keys", *words], "x").keys == (3, 9)
    assert flags.parse(Options, ["run", "--steps", *words], "x").steps == "3,9"
    assert flags.parse(Options, ["run", "--betas", *words], "x").betas == (3, 9)


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_words_may_follow_a_list(words: list[str]) -> None:
    assert flags.parse(Options, ["--keys", *words, "run", "loss"], "x") == Options(("run", "loss"), keys=(3, 9))
    assert flags.parse(Options, ["--steps", "5", "--keys", *words, "run"], "x") == Options(("run",), steps="5", keys=(3, 9))


def test_words_may_follow_flags() -> None:
    assert set(flags.parse(Options, ["run", "--steps", "last", "loss", "gini"], "x").words) == {"run", "loss", "gini"}
    with pytest.raises(UserError, match="Unrecognized options: --nothing"):
        flags.parse(Options, ["run", "--nothing", "loss"], "x")


def test_the_flag_may_be_joined_by_a_sign() -> None:
    assert flags.parse(Options, ["run", "--keys=3,9"], "x") == Options(("run",), keys=(3, 9))
    assert flags.parse(Options, ["--betas=.9,9.8e-1"], "x").betas == (0.9, 0.98)


@pytest.mark.parametrize("words", [["run", "loss"], ["run", "--p", "5"], ["restricted-loss(keys=6,23)"]])
def test_other_words_stay(words: list[str]) -> None:
    assert list(other_forms(words)) == []


def test_a_wrong_list_is_answered_as_it_was_typed() -> None:
    with pytest.raises(UserError, match=r"Error parsing --keys: .*'3,x'"):
        flags.parse(Options, ["--keys", "3,x"], "x")
