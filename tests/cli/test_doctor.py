"""mechgrok doctor."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from mechgrok.cli import doctor, main


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every distribution that doctor asks for is there, at a version of our choice."""
    found = dict.fromkeys(("mechgrok", "kaleido", *doctor.NEEDED), "1.0") | {"transformer-lens": "3.9.0"}

    def version(name: str) -> str:
        if name not in found:
            raise importlib.metadata.PackageNotFoundError(name)
        return found[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    return found


def test_it_reports_and_passes(versions: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "python" in out
    assert "threads" in out
    assert "nanda2023" in out


def test_a_missing_library_is_essential(versions: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    del versions["pyarrow"]
    assert main(["doctor"]) == 1
    assert "pyarrow: pip install pyarrow" in capsys.readouterr().out


def test_transformer_lens_3_and_4_are_fine(versions: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    for version in ("3.9.0", "4.3.0"):
        versions["transformer-lens"] = version
        assert main(["doctor"]) == 0
        assert version in capsys.readouterr().out


def test_no_browser_costs_figures_only(
    versions: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    assert main(["doctor"]) == 0
    assert "apt-get install chromium" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_essential(
    versions: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert main(["doctor"]) == 1
    assert "cannot be written; change to a folder of yours" in capsys.readouterr().out
