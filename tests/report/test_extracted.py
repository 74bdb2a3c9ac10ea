"""The program of a checkpoint in its summary."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.extraction import extract
from mechgrok.report.extracted import extracted
from mechgrok.report.writing import write_report
from mechgrok.runs.run import open_run


def test_a_program_is_in_the_summary_and_the_verdict_of_its_step(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    assert extracted(run, 20) is None
    found = extract(run, keys=[1])
    found.write(run.path / "extraction" / "00000020.py")
    same, rows = found.fidelity["same_answer"], found.fidelity["rows"]
    assert extracted(run, 20) == {"step": 20, "same_answer": same, "rows": rows, "agreement": found.fidelity["agreement"]}
    summary = write_report(run, analyze(run, ["loss"], nulls=0)).summary
    assert summary["verdict"][-1]["text"] == f"The program extracted from it gives its answer on {same} of {rows} rows."


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fidelity": []}'])
def test_a_broken_file_is_no_program(text: str, tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    (run.path / "extraction").mkdir()
    (run.path / "extraction" / "00000020.report.json").write_text(text)
    assert extracted(run, 20) is None
