from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_runs import make_run

import mechgrok
from mechgrok.cli import main


def test_an_intact_folder_of_runs_exits_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ab":
        make_run(tmp_path / name)
    assert main(["audit", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert [line.partition(":")[0] for line in printed.out.splitlines()] == [str(tmp_path / name) for name in "ab"]
    assert printed.err == ""


def test_a_finding_is_a_line_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run")
    (run / "weights" / "00000010.safetensors").write_bytes(b"a\nb")
    assert main(["audit", str(run), "--all"]) == 1
    finding, summary = capsys.readouterr().out.splitlines()
    assert finding.startswith(f"{run}/weights/00000010.safetensors: cannot be read")
    assert summary.startswith(f"{run}: 1 finding; 3 checkpoints read")
    assert mechgrok.audit(run)["place"].tolist() == ["weights/00000010.safetensors"]


def test_a_run_that_cannot_be_opened_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run")
    (run / "config.json").write_text(json.dumps({"task": {"kind": "modular", "p": "x"}}))
    assert main(["audit", str(run)]) == 1
    assert capsys.readouterr().out.startswith(f"{run}/config.json: {run}/config.json: task")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.startswith("mechgrok: there is no folder")
