"""The source distribution gives the same wheel as the checkout, and the wheel works in a clean environment."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from tiny_flags import QUIET, TINY

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.long


def built(kind: str, source: Path, out: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)], cwd=source, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    [found] = out.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is made of the source distribution."""
    folder = tmp_path_factory.mktemp("distribution")
    with tarfile.open(built("sdist", ROOT, folder / "sdist")) as archive:
        archive.extractall(folder, filter="data")
    [source] = folder.glob("mechgrok-*")
    return built("wheel", source, folder / "wheel")


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_source_distribution_lacks_nothing(wheel: Path, tmp_path: Path) -> None:
    ours, theirs = contents(built("wheel", ROOT, tmp_path)), contents(wheel)
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, to which the packages that it needs are lent; the checkout is not among them."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], check=True, env=environment())
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
    return folder


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}


def test_the_command_trains_analyses_and_reports_there(clean: Path, tmp_path: Path) -> None:
    for words in (
        ["train", "demo", *TINY, *QUIET, "--out", "run"],
        ["analyze", "run", "loss", "gini", "--nulls", "0"],
        ["list", "presets"],
    ):
        done = subprocess.run([clean / "bin" / "mechgrok", *words], cwd=tmp_path, env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "report" / "index.html").is_file()


def test_it_is_the_wheel_that_works_there(clean: Path, tmp_path: Path) -> None:
    code = "import mechgrok; print(mechgrok.__file__)"
    done = subprocess.run([clean / "bin" / "python", "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.stdout.startswith(str(clean)), done.stderr
