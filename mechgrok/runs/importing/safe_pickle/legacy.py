"""Pickles outside of zip files: those of torch before 1.6, and plain ones."""

from __future__ import annotations

import io
import struct
from typing import IO, Any

from mechgrok.runs.importing.safe_pickle import machine
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError
from mechgrok.runs.importing.safe_pickle.tensors import Storage, is_count

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
"""With which torch begins a file of five pickles (magic number, version, system, object, keys of storages) and the storages' numbers."""


def read(file: IO[bytes]) -> Any:
    """The object of a bare pickle, or of a file of torch before 1.6."""
    first = machine.load(file, _no_storage, nested=_read_bytes)
    return _read_torch(file) if type(first) is int and first == _MAGIC_NUMBER else first


def _read_torch(file: IO[bytes]) -> Any:
    """The object of a file of torch before 1.6, after its magic number."""
    storages: dict[str, Storage] = {}
    for _ in ("version", "system"):
        machine.load(file, _no_storage)
    found = machine.load(file, lambda persistent_id: _storage(persistent_id, storages))
    _read_numbers(file, machine.load(file, _no_storage), storages)
    return found


def _read_bytes(data: Any) -> Any:
    """The storage in bytes that torch.save wrote, as a tensor outside of torch.save pickles its numbers; nothing is nested in it."""
    if type(data) is not bytes:
        raise RefusedError("has a storage of an unknown form")
    file = io.BytesIO(data)
    return _read_torch(file) if machine.load(file, _no_storage) == _MAGIC_NUMBER else None


def _no_storage(persistent_id: Any) -> Any:
    raise RefusedError("has a storage of an unknown form")


def _storage(persistent_id: Any, storages: dict[str, Storage]) -> Any:
    """The storage of a persistent id; for a class with its source code ("module", class, file, source) its name."""
    if type(persistent_id) is tuple and len(persistent_id) == 4 and persistent_id[0] == "module":
        return persistent_id[1]
    made = Storage(persistent_id)
    return storages.setdefault(made.key, made)


def _read_numbers(file: IO[bytes], keys: Any, storages: dict[str, Storage]) -> None:
    if type(keys) is not list or not all(type(key) is str and key in storages for key in keys):
        raise ValueError("storages that no tensor has")
    for key in dict.fromkeys(keys):
        (length,) = struct.unpack("<q", file.read(8))
        storage = storages[key]
        if not is_count(length) or length != storage.length:
            raise ValueError("a storage of another length than its tensors need")
        data = _exactly(file, length * storage.dtype.itemsize)
        storage.read = lambda data=data: data  # type: ignore[misc]


def _exactly(file: IO[bytes], count: int) -> bytes:
    start = file.tell()
    left = file.seek(0, 2) - start
    file.seek(start)
    if count > left:
        raise ValueError("the file breaks off")
    return file.read(count)
