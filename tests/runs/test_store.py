"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mechgrok.errors import UserError, of_file
from mechgrok.runs import store
from mechgrok.runs.creation import create


def test_folders_are_made_and_old_contents_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    for content in (b"long old content", b"new"):
        store.write(path, content)
        assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["b"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    store.write(path, b"old")

    def failing(_: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output error"):
        store.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_what_must_last_is_on_the_disk_before_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "file", []
    monkeypatch.setattr(os, "fsync", lambda number: seen.append((os.fstat(number).st_size, path.exists())))
    store.write(path, b"12345")
    store.write(tmp_path / "other", b"1", durable=False)
    assert seen == [(5, False)]


def test_tensors_and_notes_come_back(tmp_path: Path) -> None:
    path = tmp_path / "file"
    tensors = {"a": torch.arange(6.0).view(2, 3).T, "b": torch.tensor(3), "c": torch.zeros(0)}
    store.write_tensors(path, tensors, {"step": "7", "a b": "ä"})
    found, notes = store.read_tensors(path)
    assert notes == {"step": "7", "a b": "ä"}
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], tensors[name]) and found[name].dtype == tensors[name].dtype for name in tensors)
    assert load_file(path).keys() == tensors.keys()


def test_the_same_tensors_and_notes_are_the_same_bytes() -> None:
    tensors = {name: torch.ones(3) for name in "abcdef"}
    notes = {name: name for name in "uvwxyz"}
    turned = [dict(reversed(each.items())) for each in (tensors, notes)]
    assert store.tensor_bytes(tensors, notes) == store.tensor_bytes(*turned)


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff" * 100])
def test_a_broken_file_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"^{path} cannot be read \([^\n]+\); delete it, or restore it from a copy$"):
        store.read_tensors(path)


@pytest.mark.parametrize("bit", [0, 3, 7])
def test_a_file_of_which_one_bit_has_changed_is_refused(bit: int, tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    store.write_tensors(path, {"a": torch.arange(6.0), "b": torch.tensor(3)})
    content = bytearray(path.read_bytes())
    content[-5] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"^{path} has changed since it was written: its checksum differs; delete it, or restore"):
        store.read_tensors(path)


def test_a_file_without_a_checksum_is_read(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "file", metadata={"mechgrok": '{"step": "7"}'})
    assert store.read_tensors(tmp_path / "file")[1] == {"step": "7"} == store.read_notes(tmp_path / "file")


@pytest.mark.parametrize("notes", ["3", "[1]", '{"a": 1}', "{"])
def test_notes_that_are_no_texts_are_refused(notes: str, tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "file", metadata={"mechgrok": notes})
    for read in (store.read_tensors, store.read_notes):
        with pytest.raises(UserError, match="cannot be read"):
            read(tmp_path / "file")


def test_the_checksum_holds_names_types_and_shapes() -> None:
    tensors = [
        {"a": torch.zeros(4)},
        {"b": torch.zeros(4)},
        {"a": torch.zeros(2, 2)},
        {"a": torch.zeros(4, dtype=torch.int32)},
        {"a": torch.tensor([0.0, 0.0, 0.0, -0.0])},
    ]
    assert len({store.checksum(each) for each in tensors}) == len(tensors)
    assert store.checksum({"b": torch.ones(2), "a": torch.ones(1)}) == store.checksum({"a": torch.ones(1), "b": torch.ones(2)})


def test_temporary_files_of_killed_writers_are_removed_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    dead, alive, other = (tmp_path / name for name in (".file.1-2", ".file.3-4", ".another.1-2"))
    for path in (dead, alive, other):
        path.write_bytes(b"half")
    with alive.open("rb") as held:
        assert store.is_taken(held.fileno())
        store.write(tmp_path / "file", b"new")
    assert sorted(os.listdir(tmp_path)) == [".another.1-2", ".file.3-4", "file"]


def test_folders_of_killed_creations_are_removed_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    dead, alive = (tmp_path / f".run.{number}-{store.host_number()}" for number in (1, 2))
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "half").write_bytes(b"")
    descriptor = os.open(alive, os.O_RDONLY)
    assert store.is_taken(descriptor)
    create(tmp_path / "run", [("file", b"")])
    os.close(descriptor)
    assert sorted(os.listdir(tmp_path)) == [alive.name, "run"]


def test_an_error_of_the_system_names_the_file_whatever_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as found:
        store.write(tmp_path / "weights" / "file", b"new")
    assert found.value.filename == str(tmp_path / "weights" / "file")
    assert of_file(found.value, "") == f"{tmp_path}/weights/file: No space left on device; make room on its disk, then repeat the command"
