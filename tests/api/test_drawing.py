"""Figures made in Python: of names, of measures of one's own, of figures, with traces added."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import make_run
from own_measure import Mine

import mechgrok
from mechgrok.api import drawn_panels
from mechgrok.measures.grokking.loss import Loss
from mechgrok.plots.primitives import histogram
from mechgrok.report.stored import Stored
from mechgrok.runs import large


@pytest.fixture
def run(tmp_path: Path) -> mechgrok.Run:
    return mechgrok.open_run(make_run(tmp_path / "run"))


def test_a_measure_and_a_figure_of_ones_own_are_panels_beside_others(run: mechgrok.Run) -> None:
    own = histogram([0.1, 0.2], title="Own figure")
    found = mechgrok.figure(run, ["loss", Mine(), own], titles=True)
    assert [note.text for note in found.layout.annotations] == [
        "<b>a</b>  Loss and accuracy",
        "<b>b</b>  Mine <b>&amp; yours</b>",
        "<b>c</b>  Own figure",
    ]
    assert found.data[-1].type == "histogram"


def test_a_trace_is_added_in_one_line_and_the_width_stays(run: mechgrok.Run, tmp_path: Path) -> None:
    found = mechgrok.figure(run, "loss", width="82mm").add_scatter(x=[0, 20], y=[1, 1], name="chance", xaxis="x2", yaxis="y2")
    mechgrok.write_figure(found, tmp_path / "new" / "loss.json")
    assert found.layout.meta["inches"] == pytest.approx(82 / 25.4)
    assert '"chance"' in (tmp_path / "new" / "loss.json").read_text()


def test_one_measure_has_all_its_panels_and_a_list_of_one_has_its_first(run: mechgrok.Run) -> None:
    assert len(mechgrok.figure(run, "loss").layout.annotations) == 2
    assert [note.text for note in mechgrok.figure(run, ["loss"]).layout.annotations] == ["<b>a</b>  Loss and accuracy"]


def test_of_a_large_table_no_other_checkpoint_is_computed_for_a_figure(run: mechgrok.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "MOST_LOGITS", 0)
    for _ in ("computed", "stored"):
        mechgrok.figure(run, "loss")
        assert Stored(run).steps(Loss()) == [run.last_step]
    mechgrok.analyze(run, ["loss"], nulls=0)
    assert Stored(run).steps(Loss()) == run.steps


def test_panels_of_one_measure_are_called_by_what_differs(run: mechgrok.Run) -> None:
    found = mechgrok.figure(run, ["activation-map", "activation-map(site=neurons)", "loss"], titles=True)
    titles = [note.text.partition("  ")[2] for note in found.layout.annotations]
    assert titles == ["head 0", "neuron 0", "Loss and accuracy"]


def test_a_panel_has_the_first_of_its_names_that_no_other_has() -> None:
    assert drawn_panels.distinct([("Gini", "W_E", "gini"), ("Gini", "W_E", "gini(basis=additive)")]) == ["gini", "gini(basis=additive)"]
    assert drawn_panels.distinct([("Loss", "", "loss"), ("Loss", "", "loss"), ("Gini", "W_E", "gini")]) == ["Loss", "Loss", "Gini"]


def test_phases_are_shaded_in_panels_over_steps(run: mechgrok.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(mechgrok.UserError, match="no phase of training of run has a beginning and an end"):
        mechgrok.figure(run, "loss", phases=True)
    monkeypatch.setattr(drawn_panels, "phases", lambda table: {"memorisation": (0, 10)})
    found = mechgrok.figure(run, ["loss", "embedding-spectrum"], phases=True)
    assert [(shape.xref, shape.x0, shape.x1) for shape in found.layout.shapes if shape.type == "rect"] == [("x", 0, 10)]
    with pytest.raises(mechgrok.UserError, match="panels over steps, and the figure has none"):
        mechgrok.figure(run, "embedding-spectrum:a", phases=True)
