"""Reads weight files that others saved, without running anything of theirs."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing.safe_pickle import opcodes, stand_ins
from mechgrok.runs.importing.safe_pickle.opcodes import RefusedError
from mechgrok.runs.importing.safe_pickle.plain import plain

_LEGACY_PICKLES = 5
"""A file of torch before 1.6 is so many pickles, then the tensors' bytes: magic number, version, system, object, storage keys."""
_ADVICE = "save the weights again by torch.save(model.state_dict(), FILE)"


def read(path: Path) -> Any:
    """What a .pt, .pth or .safetensors file holds, as plain data with CPU tensors.

    Only what torch's `weights_only` core and our fixed stand-ins can build is read. Raises UserError for everything else,
    and for files that are missing, empty or damaged.
    """
    try:
        _require_file(path)
        return _safetensors(path) if path.suffix == ".safetensors" else _torch(path)
    except UserError:
        raise
    except RefusedError as refusal:
        raise UserError(f"{path} is refused: it {refusal}, which no weight file needs; {_ADVICE}") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or 'damaged'}); check it, or fetch it again") from None
    except Exception:
        raise UserError(f"{path} is damaged, or no weight file of torch or safetensors; fetch it again, or {_ADVICE}") from None


def _require_file(path: Path) -> None:
    if not path.exists():
        raise UserError(f"there is no {path}; give the path of a .pt, .pth or .safetensors file")
    if not path.is_file():
        raise UserError(f"{path} is not a file; give a .pt, .pth or .safetensors file")
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty; fetch it again")


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(path, device="cpu")


def _torch(path: Path) -> Any:
    with path.open("rb") as file, warnings.catch_warnings(), _only_stand_ins():
        warnings.simplefilter("ignore")
        _check(file, path.stat().st_size)
        file.seek(0)
        return plain(torch.load(file, map_location="cpu", weights_only=True, mmap=False))


@contextmanager
def _only_stand_ins() -> Iterator[None]:
    """Lets torch build our stand-ins, and nothing that others have registered in this process."""
    before = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    try:
        with torch.serialization.safe_globals([(stand_in, name) for name, stand_in in stand_ins.table().items()]):
            yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def _check(file: IO[bytes], size: int) -> None:
    zipped = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    if zipped:
        opcodes.check(io.BytesIO(_zipped_pickle(file, size)))
    else:
        for _ in range(_LEGACY_PICKLES):
            opcodes.check(file)


def _zipped_pickle(file: IO[bytes], size: int) -> bytes:
    """The one pickle in a zip file of torch, which is never compressed: what claims more bytes than there are is refused."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        found = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
        if len(found) != 1 or any(entry.filename.endswith("/constants.pkl") for entry in entries):
            raise RefusedError("is a TorchScript archive or another zip file")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries) or sum(entry.file_size for entry in entries) > size:
            raise RefusedError("is compressed")
        return archive.read(found[0])
