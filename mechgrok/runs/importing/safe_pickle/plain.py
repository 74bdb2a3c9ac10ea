"""The contents of a pickle as plain data: dicts, lists, tuples, words, numbers, CPU tensors, and records of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from mechgrok.runs.importing.safe_pickle.arrays import Array, NumberFormat
from mechgrok.runs.importing.safe_pickle.records import Name, Record
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError
from mechgrok.runs.importing.safe_pickle.stand_ins import CONFIGS, require_key
from mechgrok.runs.importing.safe_pickle.tensors import Storage, Strided

_DEPTH = 64
_PARTS = 2**24
"""Objects in the result, one that is held twice counting twice."""
_BYTES_PER_PART = 64
"""Of arrays, which are copied."""
_WRAPPED = ("_content", "_val")
"""Fields under which omegaconf keeps the value of a node."""


def plain(value: Any) -> Any:
    """`value` rebuilt of plain types. Names of classes, dtypes and devices become words, an object within itself None.

    A record of a dict's or list's subclass becomes a dict or list. Raises RefusedError for nesting without end, for objects that hold the
    same objects again and again, and for tensors that are larger than the file.
    """
    return _Rebuilder().plain(value, 0)


class _Rebuilder:
    """Rebuilds an object that is held twice once, but counts it twice, so that whoever walks through the result has bounded work."""

    def __init__(self) -> None:
        self.done: dict[int, tuple[Any, int]] = {}
        self.parts = 0

    def plain(self, value: Any, depth: int) -> Any:
        if depth > _DEPTH:
            raise RefusedError("nests too deeply")
        self._count(1)
        if value is None or type(value) in (bool, int, float, str, bytes):
            return value
        if id(value) in self.done:
            found, parts = self.done[id(value)]
            self._count(parts)
            return found
        self.done[id(value)] = None, 0
        before = self.parts
        found = self._rebuilt(value, depth + 1)
        self.done[id(value)] = found, self.parts - before
        return found

    def _count(self, parts: int) -> None:
        self.parts += parts
        if self.parts > _PARTS:
            raise RefusedError("holds the same objects again and again")

    def _dict(self, items: dict[Any, Any], depth: int) -> dict[Any, Any]:
        return {_key(key): self.plain(item, depth) for key, item in items.items()}

    def _rebuilt(self, value: Any, depth: int) -> Any:
        if type(value) is dict:
            return self._dict(value, depth)
        if type(value) in (list, tuple):
            return type(value)(self.plain(item, depth) for item in value)
        if type(value) is Record:
            return self._record(value, depth)
        if type(value) is Array and value.is_numeric:
            self._count(len(value.data) // _BYTES_PER_PART)
        if type(value) in _LEAVES:
            return _LEAVES[type(value)](value)
        raise RefusedError(f"holds {type(value).__name__[:80]!r}")

    def _record(self, record: Record, depth: int) -> Any:
        if record.name.startswith("omegaconf."):
            fields = record.fields
            wrapped = [fields[name] for name in _WRAPPED if name in fields]
            return self.plain(wrapped[0], depth) if wrapped else None
        if record.entries:
            return self._dict(record.entries, depth)
        made = Record(record.name, tuple(self.plain(item, depth) for item in record.arguments))
        made.states = [self.plain(state, depth) for state in record.states]
        made.items = [self.plain(item, depth) for item in record.items]
        if record.name in CONFIGS:
            return made.fields
        return made.items if made.items and not made.fields else made


def _key(key: Any) -> Any:
    """A key that is a record, such as the member of an enumeration, becomes its value or name."""
    if type(key) is tuple:
        return tuple(map(_key, key))
    if type(key) is Name:
        return key.text
    if type(key) is not Record:
        return key
    has_value = len(key.arguments) == 1 and type(key.arguments[0]) in (bool, int, float, str)
    return require_key(key.arguments[0]) if has_value else key.name


def _array(array: Array) -> Tensor | None:
    """The numbers of an array, a number where it has no axes; None for arrays of texts and objects."""
    if not array.is_numeric:
        return None
    found = array.tensor()
    return found if found.ndim else found.item()  # type: ignore[return-value]


_LEAVES: dict[type, Callable[[Any], Any]] = {
    Array: _array,
    Strided: Strided.tensor,
    Name: lambda name: name.text,
    NumberFormat: lambda kind: str(kind.dtype),
    Storage: lambda storage: f"a storage of {storage.length} numbers",
}
