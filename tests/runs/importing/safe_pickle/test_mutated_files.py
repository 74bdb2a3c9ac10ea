"""A thousand damaged and hostile files: each is read as inert data, or refused in one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mutated_files import FLAG, checkpoint, mutated

from mechgrok.errors import UserError
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.safe_pickle import loading

FILES = 1000
WARM_UP = 30
"""Files that are read first, since libraries import modules of their own at first use, which executes these."""
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "pickle.find_class", "socket.connect", "exec")


class Auditor:
    """Keeps the events of the interpreter that running foreign code would cause, while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.events: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event in _FORBIDDEN:
            self.events.append(event)


@pytest.fixture(scope="module")
def auditor() -> Auditor:
    made = Auditor()
    sys.addaudithook(made)
    return made


@pytest.fixture
def watched(auditor: Auditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Auditor]:
    monkeypatch.chdir(tmp_path)
    yield auditor
    auditor.on = False


def complaint_of(path: Path) -> str:
    """The error of a file whose contents are unpacked; empty where it is read. Errors other than UserError are passed on."""
    try:
        file = WeightsFile(loading.read(path), path)
        assert file.contents.states
    except UserError as error:
        return str(error)
    return ""


@pytest.mark.long
def test_no_mutated_file_runs_anything(watched: Auditor) -> None:
    "".encode("raw_unicode_escape")  # the codec of text pickles is a module that is imported at its first use
    complaints = []
    for number, (ending, contents) in enumerate(mutated(FILES + WARM_UP, seed=0)):
        path = Path("weights").with_suffix(ending)
        path.write_bytes(contents)
        watched.on = number >= WARM_UP
        complaints.append(complaint_of(path))
        watched.on = False
    assert not Path(FLAG).exists()
    assert watched.events == []
    assert [text for text in complaints if "\n" in text] == []
    assert 20 < complaints.count("") < FILES - 20


def test_the_auditor_would_notice(watched: Auditor, tmp_path: Path) -> None:
    """The same checkpoint in Python's own unpickler runs its command."""
    import pickle

    pickled = pickle.dumps(checkpoint()["command"])
    watched.on = True
    pickle.loads(pickled)
    watched.on = False
    assert Path(FLAG).exists()
    assert {"os.system", "pickle.find_class"} <= set(watched.events)
