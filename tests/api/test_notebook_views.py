"""What a notebook shows of a run, of outcomes and of snapshots, and what a terminal does."""

from __future__ import annotations

import io
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tqdm
from kernel import pretend_notebook
from made_runs import make_run

import mechgrok
from mechgrok.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = make_run(tmp_path_factory.mktemp("views") / "<b>run&", p=7)
    rows = [f"{step},{split},{2 / (1 + step)},{step / 20}" for step in (0, 10, 20) for split in ("train", "test")]
    (folder / "metrics.csv").write_text("\n".join(["step,split,loss,accuracy", *rows]) + "\n")
    return mechgrok.open_run(folder)


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.texts = list[str](), list[str]()
        self.seen = set[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_run_shows_its_card_and_curve_escaped(run: Run) -> None:
    shown = Tags(run._repr_html_())
    text = " ".join(shown.texts)
    assert "b" not in shown.seen
    assert {"table", "svg", "polyline"} <= shown.seen
    assert "<b>run&" in shown.texts
    assert "modular, operation add, p 7" in text
    assert "3, from step 0 to 20" in text
    assert "accuracy" in text
    assert repr(run).startswith("Run(")


def test_a_run_shows_the_verdict_of_its_report(run: Run, tmp_path: Path) -> None:
    assert "It memorised" not in run._repr_html_()
    other = mechgrok.open_run(shutil.copytree(run.path, tmp_path / "other"))
    (other.path / "report").mkdir(exist_ok=True)
    (other.path / "report" / "summary.json").write_text('{"verdict": [{"text": "It memorised <i>.", "measures": []}]}')
    assert "<p>It memorised &lt;i&gt;.</p>" in other._repr_html_()


def test_the_curve_goes_through_the_readings(run: Run) -> None:
    """Accuracy 0, .5 and 1 at steps 0, 10 and 20: a line from the lower left to the upper right corner."""
    assert "points='0.0,118.0 210.0,60.0 420.0,2.0'" in run._repr_html_()


def test_an_outcome_shows_figure_numbers_gaps_and_table(run: Run) -> None:
    found = mechgrok.analyze(run, ["grok-times"], nulls=0)["grok-times"]
    assert isinstance(found, mechgrok.Result)
    text = found._repr_html_()
    assert "plotly-graph-div" in text
    assert "cdn" not in text.split("plotly-graph-div")[0] or "plot.ly" in text
    shown = " ".join(Tags(text).texts)
    assert all(reason in shown for reason in found.missing.values())
    assert f"{len(found.table)} rows" in shown
    assert repr(found).startswith("Result(grok-times: ")
    assert len(repr(found)) < 200


def test_the_library_of_figures_comes_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from mechgrok.plots import html

    monkeypatch.setattr(html, "_loaded", False)
    found = mechgrok.analyze(run, ["weight-norms"], nulls=0)["weight-norms"]
    first, second = found._repr_html_(), found._repr_html_()
    assert len(first) > 10**6 > 10 * len(second)


def test_what_does_not_apply_or_fails_gives_its_reason(run: Run) -> None:
    def broken(snapshot: Any) -> float:
        raise ValueError("<script>alert(1)</script>")

    outcomes = mechgrok.analyze(run, ["irrep-shares", broken], nulls=0)
    assert "not applicable: the task is not one of finite groups" in " ".join(Tags(outcomes["irrep-shares"]._repr_html_()).texts)
    for shown in (outcomes["broken"]._repr_html_(), outcomes._repr_html_()):
        assert "script" not in Tags(shown).seen
        assert "ValueError: <script>alert(1)</script>" in " ".join(Tags(shown).texts)
    assert repr(outcomes).splitlines()[0].startswith("irrep-shares: not applicable: ")


def test_a_measure_of_the_user_without_a_figure_still_shows_its_numbers(run: Run) -> None:
    def word(snapshot: Any) -> dict[str, str]:
        return {"<i>word": "a<b"}

    shown = Tags(mechgrok.analyze(run, [word], nulls=0)["word"]._repr_html_())
    assert "i" not in shown.seen
    assert "<i>word" in shown.texts
    assert any("no figure" in text for text in shown.texts)


def test_snapshots_have_a_short_repr(run: Run) -> None:
    assert repr(run.snapshot(10)) == "Snapshot(step 10, 49 rows, p = 7, Architecture)"


def test_series_and_frames_over_steps(run: Run) -> None:
    outcomes = mechgrok.analyze(run, ["gini", "loss", "grok-times"], nulls=0)
    gini, loss = outcomes["gini"], outcomes["loss"]
    assert isinstance(gini, mechgrok.Result)
    assert isinstance(loss, mechgrok.Result)
    series = gini.series("W_E_powers")
    for step in (0, 10, 20):
        assert series[step] == gini.measure.headline(gini.table[gini.table["step"] == step])["W_E_powers"]
    frame = outcomes.frame()
    assert frame.index.tolist() == [0, 10, 20]
    assert frame["gini W_E_powers"].tolist() == series.tolist()
    by_split = loss.table.set_index(["split", "step"])["loss"]
    assert frame["loss test"].tolist() == [by_split["test", step] for step in (0, 10, 20)]
    assert not [name for name in frame.columns if name.startswith("grok-times")]
    with pytest.raises(mechgrok.UserError, match="did you mean W_E_powers"):
        gini.series("W_E_power")
    with pytest.raises(mechgrok.UserError, match="a measure of the whole run"):
        outcomes["grok-times"].series("interval")  # type: ignore[union-attr]


def test_functions_are_measures(run: Run) -> None:
    @mechgrok.measure
    def largest(snapshot: Any) -> float:
        """The largest logit."""
        return snapshot.logits.max()

    def both(snapshot: Any) -> dict[str, float]:
        return {"low": float(snapshot.logits.min()), "high": snapshot.logits.max()}

    def rows(snapshot: Any) -> pd.DataFrame:
        return pd.DataFrame({"token": range(7), "norm": snapshot.embedding.norm(dim=1)})

    outcomes = mechgrok.analyze(run, [largest, both, rows], nulls=2)
    expected = [float(run.snapshot(step).logits.max()) for step in (0, 10, 20)]
    assert outcomes["largest"].series("value").tolist() == pytest.approx(expected, rel=1e-12)  # type: ignore[union-attr]
    assert outcomes["both"].series("high").tolist() == pytest.approx(expected, rel=1e-12)  # type: ignore[union-attr]
    table = outcomes["rows"].table  # type: ignore[union-attr]
    assert table.groupby("step").size().tolist() == [7, 7, 7]
    for found in outcomes.values():
        assert found.figure().data  # type: ignore[union-attr]
    assert outcomes["largest"].null["value"]["mean"] == pytest.approx(expected[-1])  # type: ignore[union-attr]


def test_a_function_is_computed_again_only_after_a_change(run: Run) -> None:
    def made(factor: int) -> Any:
        def scaled(snapshot: Any) -> float:
            return factor * float(snapshot.logits.max())

        return mechgrok.measure(scaled)

    first = mechgrok.analyze(run, [made(2)], nulls=0)["scaled"].headline["value"]  # type: ignore[union-attr]
    files = {path: path.stat().st_mtime_ns for path in (run.path / "results" / "scaled").rglob("*.parquet")}
    assert files
    assert mechgrok.analyze(run, [made(2)], nulls=0)["scaled"].headline["value"] == first  # type: ignore[union-attr]
    assert files == {path: path.stat().st_mtime_ns for path in (run.path / "results" / "scaled").rglob("*.parquet")}
    assert mechgrok.analyze(run, [made(4)], nulls=0)["scaled"].headline["value"] == 2 * first  # type: ignore[union-attr]


def test_measures_are_objects() -> None:
    from mechgrok.measures.frequencies.gini import Gini

    assert mechgrok.measures.Gini is Gini
    assert "Gini" in dir(mechgrok.measures)
    with pytest.raises(AttributeError, match="Ginni"):
        _ = mechgrok.measures.Ginni


def test_in_a_notebook_there_are_bars(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_notebook(monkeypatch)
    bars = list[Any]()

    class Bar(tqdm.tqdm):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options, file=io.StringIO())
            bars.append(self)

    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    mechgrok.analyze(run, ["weight-norms"], nulls=0)
    tiny = {"task.p": 5, "model.d_model": 8, "model.heads": 1, "model.d_mlp": 8, "training.steps": 4}
    mechgrok.train("demo", tmp_path / "trained", **tiny)
    assert [(bar.n, bar.total) for bar in bars] == [(3, 3), (4, 4)]
