"""The table in four formats."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from compared_runs import sweep_of

import mechgrok
from mechgrok.studies.comparing.formats import content


@pytest.fixture
def frame(tmp_path: Path) -> pd.DataFrame:
    sweep_of(tmp_path, {0.5: [60, None]})
    return mechgrok.compare(tmp_path).frame()


def test_programs_get_an_empty_time_and_the_last_step(frame: pd.DataFrame) -> None:
    for found in (pd.read_csv(io.BytesIO(content(frame, "csv"))), pd.read_parquet(io.BytesIO(content(frame, "parquet")))):
        assert found["generalised"].isna().tolist() == [False, True]
        assert found["last_step"].tolist() == [100, 100]
        assert found["key_frequencies"].tolist() == ["1 1", "1 2"]


def test_people_get_a_bound(frame: pd.DataFrame) -> None:
    head, rule, first, second, end = content(frame, "markdown").decode().split("\n")
    assert head.startswith("| run | seed | memorised | generalised | last_step |")
    assert first.startswith("| decay=0.5-s0 | 0 | 20 | 60 | 100 |")
    assert second.startswith("| decay=0.5-s1 | 1 | 20 | >\u00a0100 | 100 |")
    assert (set(rule), end) == (set("| -"), "")


def test_latex_escapes_what_it_takes_for_commands(frame: pd.DataFrame) -> None:
    table = frame.assign(run=["50 % & more_", "x"], test_loss=[1.5e-9, 2.0])
    lines = content(table, "latex").decode().splitlines()
    assert lines[0] == r"\begin{tabular}{l" + "r" * (len(table.columns) - 1) + "}"
    assert lines[4].startswith(r"50 \% \& more\_ & 0 & 20 & 60 &")
    assert r"1.5\,$\times$\,10$^{-9}$" in lines[4]
    assert r"$>$~100" in lines[5]
