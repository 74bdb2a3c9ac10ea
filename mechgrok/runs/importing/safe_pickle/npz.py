"""Arrays of numpy's .npz files, read without their pickles and bounded by the sizes that the file declares."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.lib import format as npy

from mechgrok.runs.importing.safe_pickle.arrays import to_tensor
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError

_MOST = 2**28
"""Bytes of all arrays together that are read from a compressed file."""
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def is_npz(archive: zipfile.ZipFile) -> bool:
    """Whether a zip file holds arrays of numpy alone."""
    names = archive.namelist()
    return bool(names) and all(name.endswith(".npy") for name in names)


def read(archive: zipfile.ZipFile, size: int) -> dict[str, Any]:
    """The arrays by name: tensors of numbers, a number or a text where an array has no axes; arrays of objects are left out.

    `size` is that of the file. Raises RefusedError for arrays that are too large, ValueError for damaged ones.
    """
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > max(_MOST, size):
        raise RefusedError(f"declares arrays of more than {_MOST} bytes")
    found = {entry.filename.removesuffix(".npy"): _array(archive, entry) for entry in entries}
    return {name: value for name, value in found.items() if value is not None}


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Any:
    with archive.open(entry) as file:
        data = file.read(entry.file_size)
    stream = io.BytesIO(data)
    shape, fortran, dtype = _HEADERS[npy.read_magic(stream)](stream)
    if dtype.kind not in "biufU":
        return None
    count = int(np.prod([*shape, 1], dtype=object))
    if count * dtype.itemsize != len(data) - stream.tell():
        raise ValueError("an array whose shape does not fit its bytes")
    array = np.frombuffer(data, dtype, count, stream.tell()).reshape(shape, order="F" if fortran else "C")
    if array.ndim == 0:
        return array.item()
    return None if dtype.kind == "U" else to_tensor(array)
