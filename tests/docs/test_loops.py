"""The loops of docs/loops run with the lines of mechgrok, at most 10 each, and are programs without them; the README counts them."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from transformer_lens_3 import require_3

import mechgrok

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
LOOPS = {path.stem: path for path in sorted((ROOT / "docs" / "loops").glob("*.py"))}
STAND_IN = ROOT / "tests" / "support" / "lightning_stand_in"
MARK = re.compile(r" +# mechgrok$")
P, STEPS = 7, 12


def added(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if MARK.search(line)]


def execute(script: Path, out: Path) -> None:
    environment = dict(os.environ)
    if importlib.util.find_spec("lightning") is None:
        environment["PYTHONPATH"] = os.pathsep.join([str(STAND_IN), environment.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, str(script), str(out), str(P), str(STEPS)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=LOOPS)
def name(request: pytest.FixtureRequest) -> str:
    needs = {"hugging_face_trainer": "accelerate"}.get(request.param)
    if needs and importlib.util.find_spec(needs) is None:
        pytest.skip(f"{needs} is not installed")
    if request.param == "transformer_lens_demo":
        require_3()
    return str(request.param)


def test_it_is_recorded_and_analysed(name: str, tmp_path: Path) -> None:
    execute(LOOPS[name], tmp_path / "run")
    run = mechgrok.open_run(tmp_path / "run")
    assert run.last_step == STEPS
    assert run.is_train is not None
    assert set(run.metrics["split"]) == {"train", "test"}
    outcomes = mechgrok.analyze(run, ["weight-norms", "loss", "grok-times"], nulls=0)
    assert isinstance(outcomes["weight-norms"], mechgrok.Result)
    assert isinstance(outcomes["grok-times"], mechgrok.Result)
    assert isinstance(outcomes["loss"], mechgrok.Result), "its networks are recognised, so no module is needed"
    assert mechgrok.write_report(run, outcomes).page.is_file()


@pytest.mark.parametrize("name", LOOPS)
def test_the_loop_alone_is_a_program_as_well(name: str, tmp_path: Path) -> None:
    lines = LOOPS[name].read_text().splitlines()
    indented = False
    kept = list[str]()
    for line in lines:
        if MARK.search(line):
            indented = indented or line.lstrip().startswith("with ")
            continue
        kept.append(line.removeprefix("    ") if indented else line)
    alone = tmp_path / "alone.py"
    alone.write_text("\n".join(kept) + "\n")
    assert "mechgrok" not in "\n".join(kept).replace("recorded", "")
    compile(alone.read_text(), alone, "exec")
    if name == "plain":
        execute(alone, tmp_path / "none")


def test_there_are_at_most_ten_lines_more() -> None:
    page = (ROOT / "docs" / "loops" / "README.md").read_text()
    for path in LOOPS.values():
        count = len(added(path))
        assert 0 < count <= 10, path.name
        assert re.search(rf"\({path.name}\) \| {count} \|", page), (path.name, count)
