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
_REPEATED_PARTS = 2**18
"""Objects that the result may hold once more than the file does: those inside objects that are held twice."""
_REPEATED_NUMBERS = 2**22
"""Numbers that tensors may repeat beyond `_VIEWS` of each stored one."""
_VIEWS = 4
_WRAPPED = ("_content", "_val")
"""Fields under which omegaconf keeps the value of a node."""


def plain(value: Any) -> Any:
    """`value` rebuilt of plain types. Names of classes, dtypes and devices become words, an object within itself None.

    A record of a dict's or list's subclass becomes a dict or list. Raises RefusedError for nesting without end, and for objects and tensors
    that hold the same objects or numbers again and again, since a reader of the result would need far more time and memory than the file.
    """
    return _Rebuilder().plain(value, 0)


class _Rebuilder:
    """Rebuilds an object that is held several times once, and counts how much more than the file the result holds."""

    def __init__(self) -> None:
        self.done: dict[int, tuple[Any, int, int]] = {}
        self.stored: set[int] = set()
        self.parts = self.repeated = self.numbers = self.held = 0

    def plain(self, value: Any, depth: int) -> Any:
        if depth > _DEPTH:
            raise RefusedError("nests too deeply")
        self.parts += 1
        if value is None or type(value) in (bool, int, float, str, bytes):
            return value
        if id(value) in self.done:
            return self._again(*self.done[id(value)])
        self.done[id(value)] = None, 0, 0
        parts, numbers = self.parts, self.numbers
        found = self._rebuilt(value, depth + 1)
        self.done[id(value)] = found, self.parts - parts, self.numbers - numbers
        return found

    def _again(self, found: Any, parts: int, numbers: int) -> Any:
        """An object that is held once more, with the objects and numbers inside it."""
        self.parts += parts
        self.repeated += parts
        if self.repeated > _REPEATED_PARTS:
            raise RefusedError("holds the same objects again and again")
        self._count_numbers(numbers)
        return found

    def _count_numbers(self, numbers: int) -> None:
        self.numbers += numbers
        if self.numbers > _VIEWS * self.held + _REPEATED_NUMBERS:
            raise RefusedError("holds the same numbers again and again")

    def _count_source(self, source: object, numbers: int) -> None:
        """Counts the numbers that the file holds; `source` stays alive while it is rebuilt."""
        if id(source) not in self.stored:
            self.stored.add(id(source))
            self.held += numbers

    def _dict(self, items: dict[Any, Any], depth: int) -> dict[Any, Any]:
        return {_key(key): self.plain(item, depth) for key, item in items.items()}

    def _rebuilt(self, value: Any, depth: int) -> Any:
        if type(value) is dict:
            return self._dict(value, depth)
        if type(value) in (list, tuple):
            return type(value)(self.plain(item, depth) for item in value)
        if type(value) is Record:
            return self._record(value, depth)
        if type(value) in _LEAVES:
            self._count_tensor(value)
            return _LEAVES[type(value)](value)
        raise RefusedError(f"holds {type(value).__name__[:80]!r}")

    def _count_tensor(self, value: Any) -> None:
        if type(value) is Strided and value.count:
            self._count_source(value.storage, value.storage.length)
            self._count_numbers(value.count)
        elif type(value) is Array and value.is_numeric:
            self._count_source(value.data, len(value.data) // value.kind.dtype.itemsize)
            self._count_numbers(len(value.data) // value.kind.dtype.itemsize)

    def _record(self, record: Record, depth: int) -> Any:
        if record.name.startswith("omegaconf."):
            wrapped = [part[name] for name in _WRAPPED for part in record.parts if name in part]
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
    if type(key) is Strided:
        return "a tensor"
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
