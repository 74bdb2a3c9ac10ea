from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mechgrok.errors import UserError
from mechgrok.runs.stored.objects import read_execution, read_object


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"null", b"3"])
def test_a_file_that_holds_no_object_is_refused_by_its_path(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lineage.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"^{path} .*restore it from a copy$"):
        read_object(path)


@pytest.mark.parametrize("origin", [None, "a", [], {"notes": "a"}, {"notes": [1]}, {"notes": {"a": 1}}])
def test_an_origin_without_a_list_of_notes_is_refused(origin: Any, tmp_path: Path) -> None:
    path = tmp_path / "execution.json"
    path.write_text(json.dumps({"recorded": origin}))
    with pytest.raises(UserError, match=rf"^{path}: recorded is no object with a list of notes; restore the file from a copy$"):
        read_execution(path)


@pytest.mark.parametrize("found", [{"device": "cpu"}, {"imported": {"notes": ["a"]}}, {"recorded": {}}])
def test_a_valid_file_comes_back(found: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "execution.json"
    path.write_text(json.dumps(found))
    assert read_execution(path) == found
