"""mechgrok list."""

from __future__ import annotations

import pytest

from mechgrok.cli import main
from mechgrok.cli.list import KINDS
from mechgrok.engine import registry


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_a_name_and_a_line(kind: str) -> None:
    found = KINDS[kind]()
    assert found
    assert all(line.strip() and "\n" not in line for line in found.values())


def test_one_kind_is_listed_without_heading(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "measures"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0].partition("(")[0] for line in lines] == list(registry.measures())
    assert all("  " in line for line in lines)


def test_an_unknown_kind_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "gizmos"]) == 2
    err = capsys.readouterr().err
    assert "gizmos" in err
    assert "tasks" in err
    assert len(err.strip().splitlines()) == 1
