"""A small run with results, and a measure of the user's own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from made_runs import make_run

from mechgrok.measures.engine import analyze
from mechgrok.measures.measure import Headline, Measure, last
from mechgrok.plots.primitives import curves
from mechgrok.report import write_report
from mechgrok.runs.run import Run, open_run

HOSTILE = "<script>alert(1)<_script><b>bold</b>"


@dataclass(frozen=True)
class Mine(Measure):
    """Largest weight of the embedding, max = max |W_E|, <i>not</i> HTML."""

    name: ClassVar[str] = "mine"
    title: ClassVar[str] = "Mine <b>& yours</b>"
    reference: ClassVar[str] = "nobody 2026"
    columns: ClassVar[Mapping[str, str]] = {"max": "largest entry"}

    breaks_in: str = ""

    def compute(self, snapshot, given) -> pd.DataFrame:
        if self.breaks_in == "compute":
            raise ZeroDivisionError("made to <fail>")
        return pd.DataFrame({"max": [float(snapshot.embedding.abs().max())]})

    def plot(self, result: pd.DataFrame) -> go.Figure:
        if self.breaks_in == "plot":
            raise ZeroDivisionError("made to <fail>")
        return curves(result.assign(group=HOSTILE), x="step", y="max", color="group")

    def headline(self, result: pd.DataFrame) -> Headline:
        if self.breaks_in == "headline":
            raise ZeroDivisionError("made to <fail>")
        value = float(last(result)["max"].iloc[0])
        return {"max": value, "numpy": np.float64(value), "nested": {"good": 1.0, "bad": float("nan")}, "infinite": float("inf")}


@pytest.fixture(scope="session")
def _analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_run(tmp_path_factory.mktemp("made") / "small", p=7)
    run = open_run(folder)
    write_report(run, analyze(run, nulls=3))
    return folder


@pytest.fixture
def run(_analysed: Path, tmp_path: Path) -> Run:
    """A run of its own for each test, with stored results of every measure at steps 0, 10 and 20, and its report."""
    return open_run(shutil.copytree(_analysed, tmp_path / "small"))
