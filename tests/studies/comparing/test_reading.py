"""Progress while results are read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mechgrok.studies.comparing import reading as module
from mechgrok.studies.comparing.compared import Compared
from mechgrok.studies.comparing.reading import reading

RUNS = [Compared(Path(), name, {}) for name in "abc"]


@pytest.mark.parametrize(("patience", "bars"), [(2.0, 0), (0.0, 1)])
def test_a_bar_is_shown_once_it_takes_long(patience: float, bars: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console
    from rich.progress import Progress

    out, made = io.StringIO(), []

    def bar() -> Progress:
        made.append(Progress(console=Console(file=out, force_terminal=True)))
        return made[-1]

    monkeypatch.setattr(module, "PATIENCE", patience)
    monkeypatch.setattr(module, "_bar", bar)
    assert list(reading(RUNS, "gini")) == RUNS
    assert len(made) == bars
    assert ("reading gini" in out.getvalue()) == bool(bars)
