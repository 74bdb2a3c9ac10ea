"""Damaged files of every kind through the whole import: a run, or a refusal in one line; nothing is executed and nothing half-written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from valid_files import damaged, files

from mechgrok.errors import UserError
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.inference.search import Search
from mechgrok.runs.importing.options import ImportOptions


@pytest.fixture
def conventional(monkeypatch: pytest.MonkeyPatch) -> None:
    """One reading of each network, so that a file takes milliseconds."""
    monkeypatch.setattr(Search, "run", lambda search: search._try([search.conventional]))
    monkeypatch.setattr(Search, "neighbours", lambda search, reading: [])


def complaint_of(name: str, contents: bytes, folder: Path) -> str:
    """The error of an import; empty where a run is made. Errors other than UserError are passed on."""
    path = folder / name
    path.write_bytes(contents)
    try:
        import_file(path, folder / "run", ImportOptions(operation=None if name.startswith("log") else "add"))
    except UserError as error:
        assert not (folder / "run").exists()
        return str(error)
    finally:
        path.unlink()
    shutil.rmtree(folder / "run")
    return ""


def complaints_of(count: int, seed: int, folder: Path) -> list[str]:
    """The errors of so many damaged files."""
    return [complaint_of(name, contents, folder) for name, contents in damaged(count, seed)]


@pytest.mark.parametrize(("count", "seed"), [(40, 0), pytest.param(1000, 1, marks=pytest.mark.long)])
def test_a_damaged_file_is_imported_or_refused_in_one_line(count: int, seed: int, conventional: None, tmp_path: Path) -> None:
    complaints = complaints_of(count, seed, tmp_path)
    assert [text for text in complaints if "\n" in text] == []
    assert count / 20 < complaints.count("") < count * 19 / 20


@pytest.mark.parametrize("name", files())
def test_each_file_can_be_imported_as_it_is(name: str, conventional: None, tmp_path: Path) -> None:
    assert complaint_of(name, files()[name], tmp_path) == ""
