"""Reads files that others saved, without running anything of theirs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import IO, Any

import torch

from mechgrok.errors import UserError
from mechgrok.runs.importing.safe_pickle import legacy, machine, npz
from mechgrok.runs.importing.safe_pickle.plain import plain
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError
from mechgrok.runs.importing.safe_pickle.tensors import NAMED_DTYPES, Storage, require_shape

ENDINGS = (".pt", ".pth", ".ckpt", ".safetensors", ".npz", ".pkl", ".bin")
_ADVICE = "save the weights again by torch.save(model.state_dict(), FILE)"


def read(path: Path) -> Any:
    """The contents of a weights file as plain data with CPU tensors; objects of foreign classes are inert records.

    Read are files of torch.save, pickles, safetensors, and .npz of arrays. Raises UserError for everything else, and for files that are
    missing, empty or damaged.
    """
    try:
        _require_file(path)
        return _safetensors(path) if path.suffix == ".safetensors" else _by_contents(path)
    except UserError:
        raise
    except RefusedError as refusal:
        raise UserError(f"{path} is refused: it {refusal}, which no weight file needs; {_ADVICE}") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or 'damaged'}); check it, or fetch it again") from None
    except Exception:
        raise UserError(_unread(path)) from None


def _unread(path: Path) -> str:
    if path.suffix not in ENDINGS:
        return (
            f"{path} is none of the files that are read: weights ({', '.join(ENDINGS)}), or logs of curves as tables or JSON (.csv, .json)"
        )
    return f"{path} is damaged, or none of the files that are read ({', '.join(ENDINGS)}); fetch it again, or {_ADVICE}"


def _require_file(path: Path) -> None:
    if not path.exists():
        raise UserError(f"there is no {path}; give the path of a {', '.join(ENDINGS)} file")
    if not path.is_file():
        raise UserError(f"{path} is not a file; give a {', '.join(ENDINGS)} file")
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty; fetch it again")


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    found = load_file(path, device="cpu")
    for tensor in found.values():
        require_shape(tensor.shape)
    return {name: tensor.float() if _is_unusual(tensor) else tensor for name, tensor in found.items()}


def _is_unusual(tensor: torch.Tensor) -> bool:
    """Whether it is of a type of few bits, such as float8, for which most functions of torch are missing."""
    return tensor.is_floating_point() and tensor.dtype not in NAMED_DTYPES.values()


def _by_contents(path: Path) -> Any:
    with path.open("rb") as file:
        zipped = file.read(4) == b"PK\x03\x04"
        file.seek(0)
        return _zipped(file, path.stat().st_size) if zipped else plain(legacy.read(file))


def _zipped(file: IO[bytes], size: int) -> Any:
    with zipfile.ZipFile(file) as archive:
        if npz.is_npz(archive):
            return npz.read(archive, size)
        entries = {entry.filename: entry for entry in archive.infolist()}
        return plain(_torch_archive(archive, entries, _folder(entries, size)))


def _folder(entries: dict[str, zipfile.ZipInfo], size: int) -> str:
    """The folder in a zip file of torch, which is never compressed: a file that claims more bytes than there are is refused."""
    found = [name for name in entries if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(found) != 1 or any(name.endswith("constants.pkl") for name in entries):
        raise RefusedError("is a TorchScript archive" if found else "is a zip file of neither torch nor numpy")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries.values()) or sum(e.file_size for e in entries.values()) > size:
        raise RefusedError("is compressed")
    return found[0].removesuffix("data.pkl")


def _torch_archive(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], folder: str) -> Any:
    if f"{folder}byteorder" in entries and archive.read(f"{folder}byteorder") != b"little":
        raise RefusedError("holds numbers in the byte order of other machines")
    storages: dict[str, Storage] = {}

    def persistent(persistent_id: Any) -> Storage:
        made = Storage(persistent_id)
        made.read = lambda: archive.read(f"{folder}data/{made.key}")
        return storages.setdefault(made.key, made)

    return machine.load(io.BytesIO(archive.read(f"{folder}data.pkl")), persistent)
