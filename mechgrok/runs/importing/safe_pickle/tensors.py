"""Tensors of a pickle: storages by name, and strided views of them, built only after their bounds are checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from mechgrok.runs.importing.safe_pickle.records import Name
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError

_DTYPES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "Untyped": torch.uint8,
}
"""Storages of torch by their names, such as FloatStorage."""
NAMED_DTYPES = {str(dtype): dtype for dtype in _DTYPES.values()}
_EMPTY = 2**20
"""The product of the lengths above 0 of a tensor without elements."""


class Storage:
    """Numbers in a file, read where a tensor of them is needed."""

    __slots__ = ("_flat", "dtype", "key", "length", "read")

    def __init__(self, persistent_id: Any) -> None:
        """Raises RefusedError where `persistent_id` is not torch's ("storage", type, key, device, length)."""
        if type(persistent_id) is not tuple or not 5 <= len(persistent_id) <= 6 or persistent_id[0] != "storage":
            raise RefusedError("has a storage of an unknown form")
        kind, key, _, length = persistent_id[1:5]
        if type(kind) is not Name or type(key) is not str or not is_count(length) or any(each is not None for each in persistent_id[5:]):
            raise RefusedError("has a storage of an unknown form")
        self.dtype, self.key, self.length = _dtype(kind.text), key, length
        self.read: Callable[[], bytes] | None = None
        self._flat: dict[torch.dtype, Tensor] = {}

    def flat(self, dtype: torch.dtype) -> Tensor:
        """All numbers of the storage as a vector, read once. Raises ValueError where the file does not hold them."""
        if dtype not in self._flat:
            data = b"" if self.read is None else self.read()
            if len(data) < self.length * self.dtype.itemsize:
                raise ValueError("a storage that is longer than its bytes")
            self._flat[dtype] = _vector(data, dtype)
        return self._flat[dtype]


class Strided:
    """A tensor of a pickle: a view of a storage."""

    __slots__ = ("dtype", "offset", "shape", "storage", "strides")

    def __init__(self, storage: Any, offset: Any, shape: Any, strides: Any, *others: Any) -> None:
        """Raises RefusedError where the view is none of a storage."""
        if type(storage) is not Storage or not is_count(offset) or not are_counts(shape) or not are_counts(strides):
            raise RefusedError("has a tensor of an unknown form")
        if len(shape) != len(strides):
            raise RefusedError("has a tensor with more axes than strides, or fewer")
        self.storage, self.offset, self.shape, self.strides = storage, offset, tuple(shape), tuple(strides)
        self.dtype = storage.dtype

    @property
    def count(self) -> int:
        """Its number of elements."""
        return math.prod(self.shape)

    def tensor(self) -> Tensor:
        """The tensor (CPU). Raises RefusedError, or ValueError where it reaches beyond its storage."""
        held = self.storage.length * self.storage.dtype.itemsize // self.dtype.itemsize
        require_shape(self.shape)
        if self.count == 0:
            return torch.empty(self.shape, dtype=self.dtype)
        last = self.offset + sum((length - 1) * stride for length, stride in zip(self.shape, self.strides, strict=True))
        if last >= held:
            raise ValueError("a tensor that reaches beyond its storage")
        return self.storage.flat(self.dtype).as_strided(self.shape, self.strides, self.offset)


def _vector(data: bytes, dtype: torch.dtype) -> Tensor:
    """At least one number from its bytes."""
    whole = bytearray(data[: len(data) // dtype.itemsize * dtype.itemsize])
    if dtype is torch.bool:
        return torch.frombuffer(whole, dtype=torch.uint8) != 0
    return torch.frombuffer(whole, dtype=dtype)


def is_count(value: Any) -> bool:
    """Whether a value is a whole number that a length or an offset may have."""
    return type(value) is int and 0 <= value < 2**48


def are_counts(values: Any) -> bool:
    """Whether a value is a shape, or strides."""
    return type(values) in (tuple, list) and len(values) <= 64 and all(map(is_count, values))


def require_shape(shape: Sequence[int]) -> None:
    """Raises RefusedError for a tensor without elements whose other lengths are large: as a list it may be far longer than the file."""
    if 0 in shape and math.prod(length for length in shape if length) > _EMPTY:
        raise RefusedError("holds a tensor without elements and of an absurd shape")


def _dtype(name: str) -> torch.dtype:
    """The dtype of a storage's class, on whichever device it lay."""
    module, _, leaf = name.rpartition(".")
    kind = leaf.removesuffix("Storage")
    if module not in ("torch", "torch.cuda", "torch.storage") or kind == leaf or kind not in _DTYPES:
        raise RefusedError(f"has a storage of the kind {name[:80]!r}")
    return _DTYPES[kind]
