"""mechgrok list."""

from __future__ import annotations

import io
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from made_runs import make_run

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


NAMES = ["two words", 'it\'s "quoted"', "Größe µ", "<script>alert(1)", "-x", "red \x1b[31m", "two\nlines"]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder of runs whose names are troublesome, each with readings and results."""
    first = make_run(tmp_path / "one")
    (first / "metrics.csv").write_text("step,split,loss,accuracy\n0,train,1.0,1.0\n0,test,1.0,0.5\n")
    for name in NAMES:
        shutil.copytree(first, tmp_path / "runs" / name)
    return tmp_path / "runs"


def test_each_run_of_a_folder_has_one_line_whatever_its_name(call, many: Path) -> None:
    lines = call("list", many)[1].splitlines()[1:]
    shown = sorted(name.replace("\x1b", "\\x1b").replace("\n", " ") for name in NAMES)
    assert sorted(line.partition("  ")[0] for line in lines) == shown


def test_of_each_run_the_config_and_the_readings_are_read_alone(call, many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for a folder of 500 runs is that of reading twice 500 small files."""
    call("list", many)
    opened, real = Counter[str](), io.open

    def counted(path, *given, **named):
        opened[os.path.basename(os.fspath(path)) if not isinstance(path, int) else ""] += 1
        return real(path, *given, **named)

    monkeypatch.setattr(io, "open", counted)
    call("list", many)
    assert opened == {"config.json": len(NAMES), "metrics.csv": len(NAMES)}
