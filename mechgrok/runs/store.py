"""Atomic writes: a file is written under a temporary name, flushed to the disk, and renamed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mechgrok.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "weights"
MODULE = "module"
STATE = "state.safetensors"
NEXT_STATE = "next-state.safetensors"
METRICS = "metrics.csv"
PROBES = "probes.csv"
CONFIG = "config.json"
EXECUTION = "execution.json"
LINEAGE = "lineage.json"
_NOTES = "mechgrok"
_CHECKSUM = "checksum"
SPLIT = "split.safetensors"


def write(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Writes `content` to `path` atomically: after a kill at any moment `path` holds the old content or the new one, complete.

    The content of a durable file is flushed to the disk before the file is renamed. Files that can be computed again need no flush.
    Raises OSError with the name of the file, whichever operation fails. Temporary files of killed writers of `path` are removed.
    """
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(path)
        _write(path, content, durable=durable)


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Writes one of the files of a folder that may hold thousands, of which a list at each write would take most of the time.

    Temporary files of killed writers stay until `remove_partial_files`, with which a training or recording begins.
    """
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, tensor_bytes(tensors), durable=True)


def _write(path: Path, content: bytes, *, durable: bool) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with aside.open("wb") as file:
            # The lock shows other writers that this one is alive; it is held until the file has its name.
            is_taken(file.fileno())
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Puts the name of a file into an OSError of the block: those of writing and flushing have none, others that of a temporary file."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def remove_abandoned(path: Path) -> None:
    """Removes temporary files and folders of `path` whose writers were killed: nobody holds their locks."""
    for name in os.listdir(path.parent):
        if name.startswith(f".{path.name}."):
            _remove_unless_locked(path.with_name(name))


def host_number() -> int:
    """A number of this machine in the names of its temporary folders; the locks of folders are not seen by other machines."""
    return zlib.crc32(socket.gethostname().encode())


def _remove_unless_locked(path: Path) -> None:
    if path.is_dir() and not path.name.endswith(f"-{host_number()}"):
        return
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            if is_taken(descriptor):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        finally:
            os.close(descriptor)


def is_taken(descriptor: int) -> bool:
    """Whether the lock of an open file or folder was free, and is now held; False on a file system without locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def remove_partial_files(run: Path) -> None:
    """Removes the temporary files of killed processes. No other process may write to the run meanwhile."""
    for folder in (run, run / WEIGHTS, run / MODULE):
        for path in folder.glob(".*.[0-9]*"):
            path.unlink()


def write_tensors(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> None:
    """One safetensors file; `notes` go into its header."""
    write(path, tensor_bytes(tensors, notes))


def tensor_bytes(tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a safetensors file, equal for equal tensors and notes. Its header also holds a checksum of the tensors."""
    from safetensors.torch import save

    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    noted = {**(notes or {}), _CHECKSUM: checksum(flat)}
    # One entry, because the library writes several in an order that changes from process to process.
    return save(flat, metadata={_NOTES: json.dumps(noted, sort_keys=True)})


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """A hash of names, types, shapes and every bit of tensors in the memory of the CPU."""
    import torch

    found = hashlib.blake2b(digest_size=16)
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and notes of a safetensors file. Raises UserError on a broken one, and where a bit of it has changed."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            notes = _notes_in(file)
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete it, or restore it from a copy") from None
    # Files of earlier versions have no checksum.
    if notes.pop(_CHECKSUM, None) not in (None, checksum(tensors)):
        raise UserError(f"{path} has changed since it was written: its checksum differs; delete it, or restore it from a copy")
    return tensors, notes


def read_notes(path: Path) -> dict[str, str]:
    """The notes of a safetensors file, without its tensors. Raises UserError on a broken one."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            notes = _notes_in(file)
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete it, or restore it from a copy") from None
    notes.pop(_CHECKSUM, None)
    return notes


def _notes_in(file: Any) -> dict[str, str]:
    """The notes in the header of an open file. Raises ValueError where they are no texts by name."""
    notes = json.loads((file.metadata() or {}).get(_NOTES, "{}"))
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        raise ValueError("the notes in its header are not texts by name")
    return notes


def weights_path(run: Path, step: int) -> Path:
    """The path of the checkpoint of a step."""
    return run / WEIGHTS / f"{step:08d}.safetensors"


def module_path(run: Path, step: int) -> Path:
    """The path of what is stored beside the checkpoint of a recorded module: its buffers, and its logits on a few rows."""
    return run / MODULE / f"{step:08d}.safetensors"


def digest(content: bytes) -> str:
    """A short fingerprint."""
    return hashlib.sha256(content).hexdigest()[:16]
