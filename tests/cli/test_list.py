"""mechgrok list."""

from __future__ import annotations

import os

import pytest

from mechgrok.cli import list as command
from mechgrok.cli.list import KINDS
from mechgrok.engine import registry
from mechgrok.measures.families import QUESTIONS, by_family


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_a_name_and_a_line(kind: str) -> None:
    found = [line for lines in KINDS[kind]().values() for line in lines.values()]
    assert found
    assert all(line.strip() and "\n" not in line for line in found)


def test_measures_stand_under_the_question_of_their_family(call) -> None:
    status, out, _ = call("list", "measures")
    found: dict[str, list[str]] = {}
    for line in out.splitlines():
        if line.startswith(" "):
            found[[*found][-1]].append(line.split()[0])
        else:
            found[line] = []
    families = by_family(registry.measures().values())
    assert status == 0
    assert found == {QUESTIONS[name]: [measure.name for measure in members] for name, members in families.items()}


@pytest.mark.parametrize("kind", [*KINDS, "all"])
def test_no_line_is_wider_than_100_columns_when_it_is_piped(call, kind: str) -> None:
    assert max(map(len, call("list", kind)[1].splitlines())) <= 100


def test_a_terminal_wraps_lines_at_its_own_width(call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(command.shutil, "get_terminal_size", lambda: os.terminal_size((60, 20)))
    lines = call("list", "importers")[1].splitlines()
    assert 50 < max(map(len, lines)) <= 60
    assert any(line.startswith(" " * 20) for line in lines), "a long line goes on beside its name"


def test_an_unknown_kind_is_one_line(call) -> None:
    status, _, err = call("list", "gizmos")
    assert status == 2
    assert "gizmos" in err
    assert "tasks" in err
    assert err.count("\n") == 1
