"""--log wandb, with a stand-in for the package: no network, and nothing is read back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tiny_flags import TINY
from trained_runs import contents, torch_settings_kept

from mechgrok.api import progress
from mechgrok.cli import main
from mechgrok.runs.run import open_run

FLAGS = [*TINY, "--training.evaluate_every", "10"]


class Session:
    """What wandb.init gives."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options, self.rows, self.finished = options, [], False

    def log(self, values: dict[str, float], step: int) -> None:
        assert not self.finished
        self.rows.append((step, values))

    def finish(self) -> None:
        self.finished = True


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Session]]:
    made: list[Session] = []
    stand_in = ModuleType("wandb")
    stand_in.__spec__ = ModuleSpec("wandb", None)  # others look whether the package is there
    stand_in.init = lambda **options: made.append(Session(options)) or made[-1]
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    for name in ("WANDB_MODE", "WANDB_DIR", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with torch_settings_kept():
        yield made


def test_config_and_metrics_are_copied_off_line(sessions: list[Session]) -> None:
    assert main(["train", "demo", *FLAGS, "--training.loss", "mse", "--out", "run", "--log", "wandb"]) == 0
    (session,) = sessions
    run = open_run("run")
    assert session.finished
    assert session.options["config"] == run.config.model_dump(mode="json")
    assert {name: session.options[name] for name in ("project", "name", "mode", "dir", "resume")} == {
        "project": "mechgrok",
        "name": "run",
        "mode": "offline",
        "dir": "run",
        "resume": "allow",
    }
    copied = [(step, name, value) for step, values in session.rows for name, value in values.items()]
    rows = run.metrics.to_dict("records")
    columns = ("loss", "accuracy", "trained_loss")
    assert sorted(copied) == sorted((row["step"], f"{row['split']}/{name}", row[name]) for row in rows for name in columns)


def test_the_run_is_what_it_is_without_the_copy(sessions: list[Session]) -> None:
    main(["train", "demo", *FLAGS, "--out", "copied", "--log", "wandb"])
    main(["train", "demo", *FLAGS, "--out", "plain", "--log", "quiet"])
    assert contents(Path("copied")) == contents(Path("plain"))
    assert len(sessions) == 1


def test_a_resumed_run_goes_on_under_its_id(sessions: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: Any, step: int) -> None:
        if step == 13:
            import signal

            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(progress.Lines, "at", interrupt)
        assert main(["train", "demo", *FLAGS, "--out", "run", "--log", "wandb"]) == 130
    assert sessions[0].finished
    monkeypatch.setenv("WANDB_MODE", "online")
    assert main(["train", "--resume", "run", "--log", "wandb"]) == 0
    assert sessions[0].options["id"] == sessions[1].options["id"]
    assert sessions[1].options["mode"] == "online"
    assert [[step for step, _ in session.rows] for session in sessions] == [[0, 10], [20]]


def test_without_the_package_it_says_what_to_install(
    sessions: list[Session], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert main(["train", "demo", *FLAGS, "--out", "run", "--log", "wandb"]) == 2
    err = capsys.readouterr().err
    assert err == "mechgrok: --log wandb needs the package wandb; install mechgrok[wandb], or leave --log away\n"
    assert not Path("run").exists()
