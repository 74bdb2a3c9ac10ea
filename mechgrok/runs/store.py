"""Atomic writes: a file is written under a temporary name, flushed to the disk, and renamed."""

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
MODULE = "module"
STATE = "state.safetensors"
NEXT_STATE = "next-state.safetensors"
METRICS = "metrics.csv"
PROBES = "probes.csv"
CONFIG = "config.json"
EXECUTION = "execution.json"
LINEAGE = "lineage.json"
_NOTES = "mechgrok"
SPLIT = "split.safetensors"


def write(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Writes `content` to `path` atomically: after a kill at any moment `path` holds the old content or the new one, complete.

    The content of a durable file is flushed to the disk before the file is renamed. Files that can be computed again need no flush.
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
    """Removes the temporary files of killed processes. No other process may write to the run meanwhile."""
    for folder in (run, run / WEIGHTS, run / MODULE):
        for path in folder.glob(".*.[0-9]*"):
            path.unlink()


def write_tensors(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> None:
    """One safetensors file; `notes` go into its header."""
    write(path, tensor_bytes(tensors, notes))


def tensor_bytes(tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a safetensors file, equal for equal tensors and notes."""
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


def read_notes(path: Path) -> dict[str, str]:
    """The notes of a safetensors file, without its tensors. Raises UserError on a broken one."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            notes: dict[str, str] = json.loads((file.metadata() or {}).get(_NOTES, "{}"))
            return notes
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete it, or restore it from a copy") from None


def weights_path(run: Path, step: int) -> Path:
    """The path of the checkpoint of a step."""
    return run / WEIGHTS / f"{step:08d}.safetensors"


def module_path(run: Path, step: int) -> Path:
    """The path of what is stored beside the checkpoint of a recorded module: its buffers, and its logits on a few rows."""
    return run / MODULE / f"{step:08d}.safetensors"


def digest(content: bytes) -> str:
    """A short fingerprint."""
    return hashlib.sha256(content).hexdigest()[:16]
