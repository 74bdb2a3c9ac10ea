"""Readings that the user gives: --reading OPTION=VALUE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mechgrok.errors import UserError, nearest


def given_readings(words: Sequence[str]) -> dict[str, str]:
    """Option -> value, as text. Raises UserError for a word that is none."""
    parts = [word.partition("=") for word in words]
    wrong = next((word for word, (_, sign, _) in zip(words, parts, strict=True) if not sign), None)
    if wrong is not None:
        raise UserError(f"--reading {wrong}: write OPTION=VALUE, such as activation=gelu")
    names = [name.strip() for name, _, _ in parts]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"--reading {twice}=... is given twice; give one value")
    return {name.strip(): value.strip() for name, _, value in parts}


def fixed(choices: Mapping[str, Sequence[Any]], given: Mapping[str, str]) -> dict[str, Sequence[Any]]:
    """The choices with those of the user alone where there are some. Raises UserError for an option or value that does not fit."""
    found = dict(choices)
    for name, text in given.items():
        if name not in found:
            raise UserError(f"--reading {name}=...: this file leaves open {', '.join(found)}{nearest(name, list(found))}")
        found[name] = (_value(name, text, found[name]),)
    return found


def _value(name: str, text: str, values: Sequence[Any]) -> Any:
    for value in values:
        if str(value).lower() == text.lower():
            return value
    if name == "eps" or all(isinstance(value, float) for value in values):
        try:
            return float(text)
        except ValueError:
            pass
    raise UserError(f"--reading {name}={text}: it is one of {', '.join(map(str, values[:20]))}")
