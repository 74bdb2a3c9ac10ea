"""Numbers and arrays of numpy in a pickle."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mechgrok.runs.importing.safe_pickle.tensors import are_counts, require_shape

_CODES = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1")
_ORDERS = {"<": "<", ">": ">", "|": "<", "=": "<"}


class NumberFormat:
    """numpy's description of how one number is stored: its code, such as f8, and the order of its bytes."""

    __slots__ = ("code", "order")

    def __init__(self, code: Any, align: Any = False, copy: Any = False) -> None:
        """Raises ValueError for codes other than plain numbers; only the code matters."""
        if type(code) is not str or len(code) > 3 or code.lstrip("<|=") not in _CODES:
            raise ValueError("a numpy type other than a plain number")
        self.code, self.order = code.lstrip("<|="), "<"

    def __setstate__(self, state: Any) -> None:
        if type(state) is not tuple or len(state) < 2 or type(state[1]) is not str or state[1] not in _ORDERS:
            raise ValueError("a numpy type in an unknown byte order")
        self.order = _ORDERS[state[1]]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type in numpy itself."""
        return np.dtype(self.order + self.code)


def number(kind: Any, data: Any) -> float | int | bool:
    """One number from its bytes, instead of a numpy scalar."""
    if type(kind) is not NumberFormat or type(data) not in (str, bytes):
        raise ValueError("a numpy number that is not stored as a format and bytes")
    if len(data) != kind.dtype.itemsize:
        raise ValueError("a numpy number of the wrong length")
    data = data.encode("latin-1") if type(data) is str else data
    value: float | int | bool = np.frombuffer(data, kind.dtype)[0].item()
    return value


class Array:
    """An array of numpy, empty until its state comes."""

    __slots__ = ("data", "kind", "order", "shape")

    def __init__(self, data: Any = b"", kind: Any = None, shape: Any = (0,), order: Any = "C") -> None:
        self.data, self.kind, self.shape, self.order = data, kind, shape, order

    def __setstate__(self, state: Any) -> None:
        if type(state) is not tuple or len(state) != 5:
            raise ValueError("an array of numpy with an unknown state")
        _, self.shape, self.kind, fortran, self.data = state
        self.order = "F" if fortran else "C"

    @property
    def is_numeric(self) -> bool:
        """Whether it holds plain numbers; arrays of texts or objects do not."""
        return type(self.kind) is NumberFormat and type(self.data) in (bytes, bytearray, str)

    def tensor(self) -> Tensor:
        """The numbers as a tensor (CPU, little-endian). Raises ValueError where shape and bytes do not fit."""
        if not are_counts(self.shape) or self.order not in ("C", "F"):
            raise ValueError("an array of numpy with an unknown shape")
        data = self.data.encode("latin-1") if type(self.data) is str else self.data
        return to_tensor(np.frombuffer(data, self.kind.dtype).reshape(self.shape, order=self.order))


def to_tensor(array: np.ndarray) -> Tensor:
    """A copy of an array of numbers as a tensor; unsigned numbers of several bytes become int64. Raises RefusedError for absurd shapes."""
    require_shape(array.shape)
    native = array.astype(array.dtype.newbyteorder("="), order="C")
    return torch.from_numpy(native.astype(np.int64) if native.dtype.kind == "u" and native.dtype.itemsize > 1 else native)
