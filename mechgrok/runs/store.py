"""Files that are whole or not there: written aside, flushed to the disk, renamed."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mechgrok.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "weights"
STATE = "state.safetensors"
METRICS = "metrics.csv"
PROBES = "probes.csv"
CONFIG = "config.json"
EXECUTION = "execution.json"
LINEAGE = "lineage.json"
_NOTES = "mechgrok"
SPLIT = "split.safetensors"


def write(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Puts `content` at `path`: after a kill at any moment the old file or the new one is there, whole.

    A durable file's content is on the disk before it has its name; what can be computed again need not be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with aside.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def remove_partial_files(run: Path) -> None:
    """Removes what killed processes left half written; only for whoever alone writes to the run."""
    for folder in (run, run / WEIGHTS):
        for path in folder.glob(".*.[0-9]*"):
            path.unlink()


def write_tensors(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> None:
    """One safetensors file; `notes` go into its header."""
    write(path, tensor_bytes(tensors, notes))


def tensor_bytes(tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> bytes:
    """What such a file holds: the same bytes for the same tensors and notes."""
    from safetensors.torch import save

    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # One entry, because the library writes several in an order that changes from process to process.
    return save(flat, metadata={_NOTES: json.dumps(notes, sort_keys=True)} if notes else None)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and notes of a safetensors file. Raises UserError on a broken one."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads((file.metadata() or {}).get(_NOTES, "{}"))  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete it, or restore it from a copy") from None


def weights_path(run: Path, step: int) -> Path:
    """Where the checkpoint of a step lies."""
    return run / WEIGHTS / f"{step:08d}.safetensors"


def digest(content: bytes) -> str:
    """A short fingerprint."""
    return hashlib.sha256(content).hexdigest()[:16]
