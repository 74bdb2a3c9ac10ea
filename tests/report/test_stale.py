"""Results that no longer hold are shown as such."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from made_runs import write_weights

from mechgrok.engine import stamps
from mechgrok.engine.analyze import analyze
from mechgrok.report.writing import write_report
from mechgrok.runs.run import Run, open_run


def stale(run: Run) -> dict[str, Any]:
    measures = write_report(open_run(run.path)).summary["measures"]
    return {label: found.get("stale") for label, found in measures.items()}


def test_nothing_is_stale_at_first(run: Run) -> None:
    assert set(stale(run).values()) == {None}


def test_other_weights_at_one_step(run: Run) -> None:
    (run.path / "weights" / "00000010.safetensors").unlink()
    write_weights(run.path, 10, 7, scale=2.0)
    found = stale(run)
    assert found["gini"] == "the weights, the split or the config changed since this was computed, at 1 of 3 checkpoints"
    assert None not in found.values()


def test_other_weights_at_the_last_step_reach_what_uses_its_key_frequencies(run: Run) -> None:
    write_weights(run.path, 20, 7, scale=2.0)
    found = stale(run)
    assert found["gini"] == "the weights, the split or the config changed since this was computed, at 1 of 3 checkpoints"
    assert (
        found["restricted-loss"]
        == "the measures that it is based on and the weights, the split or the config changed since this was computed"
    )


def test_training_on_moves_the_last_step(run: Run) -> None:
    write_weights(run.path, 30, 7)
    found = stale(run)
    assert found["gini"] is None
    assert found["restricted-loss"] == "the measures that it is based on changed since this was computed"


def test_other_software(run: Run, monkeypatch) -> None:
    monkeypatch.setattr(stamps, "software", lambda: {"torch": "0.1"})
    assert all("the versions of the software changed since this was computed" in (found or "") for found in stale(run).values())


def test_the_page_says_it_beside_the_measure(run: Run) -> None:
    write_weights(run.path, 20, 7, scale=2.0)
    page = write_report(open_run(run.path)).page.read_text()
    assert "Stale: the weights, the split or the config changed since this was computed, at 1 of 3 checkpoints." in page
    [alarm] = re.findall(r"measures are stale: (.*)\. Their numbers", page)
    assert set(alarm.split("; ")) == {found for found in stale(run).values() if found}


@pytest.mark.long
def test_computing_again_heals_it(run: Run) -> None:
    write_weights(run.path, 20, 7, scale=2.0)
    again = open_run(run.path)
    report = write_report(again, analyze(again, nulls=0))
    assert not [label for label, found in report.summary["measures"].items() if "stale" in found]


@pytest.mark.long
def test_a_null_of_other_weights_is_not_shown(run: Run) -> None:
    write_weights(run.path, 20, 7, scale=2.0)
    again = open_run(run.path)
    report = write_report(again, analyze(again, nulls=0))
    assert report.summary["measures"]["gini"]["null"] == {}


def test_broken_tables_are_left_out(run: Run) -> None:
    (path,) = (run.path / "results" / "gini").rglob("tables.parquet")
    path.write_bytes(path.read_bytes()[:100])
    found = write_report(open_run(run.path)).summary
    assert found["measures"]["gini"]["reason"] == "its stored tables are missing or broken; mechgrok analyze computes them again"
    assert found["step"] == 20
    json.dumps(found, allow_nan=False)
