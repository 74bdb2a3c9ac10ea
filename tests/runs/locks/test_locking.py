"""A lock of a folder: one process holds it, the others are told which, and one that a process left behind is taken over."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mechgrok.runs.locks import lock_file, locking
from mechgrok.runs.locks.holder import Holder
from mechgrok.runs.locks.lock_file import LOCK, LockFile
from mechgrok.runs.locks.locking import LockedError, is_locked, locked
from mechgrok.runs.locks.process_start import process_start


def no_locks(descriptor: int, kind: int) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


@pytest.fixture(params=["locks", "no locks"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file system with locks, and one without."""
    if request.param == "no locks":
        monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(locking, "PAUSE", 0.0)
    return request.param


def left(folder: Path, **changed: Any) -> Path:
    """The file of a process that was killed."""
    path = folder / LOCK
    path.write_bytes(Holder.here("is being trained").content)
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    return path


def dead_pid() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def test_the_second_is_refused_with_the_holder_named_and_the_folder_is_free_afterwards(tmp_path: Path, system: str) -> None:
    with locked(tmp_path, "is being trained"):
        assert is_locked(tmp_path)
        with pytest.raises(LockedError) as refused, locked(tmp_path):
            raise AssertionError
        named = Holder.read(tmp_path / LOCK)
    assert named is not None
    assert (named.pid, named.host, named.started) == (os.getpid(), os.uname().nodename, process_start(os.getpid()))
    assert str(refused.value) == (
        f"{tmp_path} is being trained by process {os.getpid()} on {named.host} ({named.command}), since {named.since}; "
        "wait for it, or stop it first"
    )
    assert not is_locked(tmp_path)
    assert os.listdir(tmp_path) == []


def test_it_is_free_after_an_error(tmp_path: Path, system: str) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        _ = 1 / 0
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("of", [{"pid": None}, {"started": "another"}], ids=["a dead process", "a process whose number another has now"])
def test_what_a_dead_process_left_is_taken_over(tmp_path: Path, system: str, of: dict[str, Any]) -> None:
    left(tmp_path, **({"pid": dead_pid()} if "pid" in of else of))
    assert not is_locked(tmp_path)
    with locked(tmp_path):
        found = Holder.read(tmp_path / LOCK)
        assert found is not None
        assert found.started == process_start(os.getpid())
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b'{"pid": 1, "more": 2}', b"[" * 100_000, b"\xff"])
def test_a_broken_file_is_taken_over_where_there_are_locks_and_named_where_there_are_none(
    tmp_path: Path, system: str, content: bytes
) -> None:
    (tmp_path / LOCK).write_bytes(content)
    if system == "locks":
        with locked(tmp_path):
            pass
    else:
        with pytest.raises(LockedError, match=rf"^{tmp_path} is in use by another process; .* remove {tmp_path / LOCK}$"), locked(tmp_path):
            raise AssertionError


@pytest.mark.parametrize("waits", [False, True])
def test_without_locks_a_process_of_another_machine_is_named_with_the_file_to_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(locking, "PAUSE", 0.0)
    path = left(tmp_path, host="node7", pid=17, command="mechgrok train x", since="2026-01-01 00:00:00")
    assert is_locked(tmp_path)
    with pytest.raises(LockedError) as refused, locked(tmp_path, waits=waits):
        raise AssertionError
    assert str(refused.value) == (
        f"{tmp_path} is being trained by process 17 on node7 (mechgrok train x), since 2026-01-01 00:00:00; "
        f"wait for it, or stop it first; if that has ended, remove {path}"
    )
    path.unlink()
    with locked(tmp_path):
        pass


def test_a_file_that_another_process_took_over_meanwhile_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes find the file of a dead one; the second removes what the first has written in its place."""
    path, real = left(tmp_path, started="another"), Path.rename
    living = Holder.here("is being trained").content

    def rename(source: Path, target: Path) -> Path:
        source.write_bytes(living)
        return real(source, target)

    monkeypatch.setattr(Path, "rename", rename)
    lock_file._remove_dead(path)
    assert path.read_bytes() == living
    assert os.listdir(tmp_path) == [LOCK]


def of_another_user(monkeypatch: pytest.MonkeyPatch, path: Path, allowed: int = os.O_RDONLY) -> None:
    """A file that this process can open as `allowed` alone, as one with mode 0644 of another user; it can remove it. Root ignores modes."""
    real, inode = os.open, path.stat().st_ino

    def open_file(name: Any, flags: int, mode: int = 0o777) -> int:
        if Path(name) == path and path.exists() and path.stat().st_ino == inode and not flags & os.O_CREAT and flags != allowed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(name, flags, mode)

    monkeypatch.setattr(os, "open", open_file)


def test_a_file_that_another_user_left_is_replaced(tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = left(tmp_path, started="another", command="mechgrok train x")
    of_another_user(monkeypatch, path)
    with locked(tmp_path):
        found = Holder.read(path)
        assert found is not None
        assert found.started == process_start(os.getpid())
    assert os.listdir(tmp_path) == []


def test_a_process_of_another_user_is_named(tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with locked(tmp_path, "is being recorded"):
        of_another_user(monkeypatch, tmp_path / LOCK)
        with (
            pytest.raises(LockedError, match=rf"^{tmp_path} is being recorded by process {os.getpid()} on .*, or stop it first$"),
            locked(tmp_path),
        ):
            raise AssertionError
        assert (tmp_path / LOCK).is_file()


@pytest.mark.parametrize("waits", [False, True])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: bool) -> None:
    monkeypatch.setattr(locking, "PAUSE", 0.0)
    path = tmp_path / LOCK
    path.write_bytes(b"")  # it names nobody, as one that cannot be read
    of_another_user(monkeypatch, path, allowed=-1)
    with pytest.raises(LockedError, match=rf"; if that has ended, remove {path}$"), locked(tmp_path, waits=waits):
        raise AssertionError


@pytest.mark.parametrize("between", ["", "created"])
def test_a_file_is_put_back_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: str) -> None:
    """As on FAT: the file is renamed back, unless a third process has created one meanwhile."""
    path, real = left(tmp_path, started="another"), Path.rename
    living = Holder.here("is being trained").content

    def rename(source: Path, target: Path) -> Path:
        if source == path:
            source.write_bytes(living)
        return real(source, target)

    def link(*_: object) -> None:
        if between:
            path.write_bytes(b"a third")
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(os, "link", link)
    lock_file._remove_dead(path)
    assert path.read_bytes() == (b"a third" if between else living)
    assert os.listdir(tmp_path) == [LOCK]


@pytest.mark.parametrize("between", ["removed", "replaced"])
def test_a_file_that_goes_while_it_is_opened_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: str) -> None:
    path, real = left(tmp_path), fcntl.flock

    def flock(descriptor: int, kind: int) -> None:
        real(descriptor, kind)
        path.unlink()
        if between == "replaced":
            path.write_bytes(b"")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert LockFile.taken(path, "") is None


def test_one_that_waits_has_the_lock_once_it_is_free(tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    first = LockFile.taken(tmp_path / LOCK, "is being written")
    assert first is not None
    pauses = iter(range(200))
    monkeypatch.setattr(locking.time, "sleep", lambda seconds: first.release() if next(pauses) == 150 else None)
    with locked(tmp_path, waits=True):
        assert is_locked(tmp_path)
    assert capsys.readouterr().err.startswith(f"note: {tmp_path} waits for process {os.getpid()} on ")


def test_a_folder_that_is_not_there_or_takes_no_file_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for waits in (False, True):
        with pytest.raises(FileNotFoundError), locked(tmp_path / "none", waits=waits):
            raise AssertionError

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match=r"No space.*\.lock"), locked(tmp_path):
        raise AssertionError
    assert os.listdir(tmp_path) == []


def test_a_long_command_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    from mechgrok.runs.locks import holder

    monkeypatch.setattr(sys, "argv", ["/bin/mechgrok", "train", "a b", *["x"] * 1000])
    line = holder._command.__wrapped__()
    assert line.startswith("mechgrok train 'a b' x x")
    assert len(line) == 204


def contenders(folder: Path, system: str) -> list[int]:
    """Four processes each add 1 to a number in a file 25 times, under the lock; the numbers that they saw."""
    code = CONTENDER.replace("SYSTEM", system)
    processes = [subprocess.Popen([sys.executable, "-c", code, str(folder)], env=os.environ) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    return sorted(map(int, (folder / "seen").read_text().split()))


CONTENDER = """
import errno, fcntl, sys
from pathlib import Path
if "SYSTEM" == "no locks":
    def none(*_): raise OSError(errno.ENOLCK, "")
    fcntl.flock = none
from mechgrok.runs.locks import locking
locking.PAUSE, locking.ATTEMPTS = 0.001, 5000  # a process may wait long between creating and writing
folder = Path(sys.argv[1])
for _ in range(25):
    with locking.locked(folder, waits=True):
        number = int((folder / "number").read_text())
        (folder / "number").write_text(str(number + 1))
        with (folder / "seen").open("a") as seen: seen.write(f"{number}\\n")
"""


@pytest.mark.parametrize("kind", ["locks", "no locks"])
def test_processes_that_compete_hold_it_one_at_a_time(tmp_path: Path, kind: str) -> None:
    (tmp_path / "number").write_text("0")
    assert contenders(tmp_path, kind) == list(range(100))
    assert sorted(os.listdir(tmp_path)) == ["number", "seen"]
