"""Reads a pickle opcode by opcode, on a stack of plain data and inert records.

No opcode imports, calls or looks up anything outside `stand_ins.py`. Every opcode costs bounded time and adds at most one object, so a
file costs time and memory in proportion to its size.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from typing import IO, Any

from mechgrok.runs.importing.safe_pickle import stand_ins
from mechgrok.runs.importing.safe_pickle.arrays import Array, NumberFormat
from mechgrok.runs.importing.safe_pickle.records import Name, Record
from mechgrok.runs.importing.safe_pickle.refusal import RefusedError
from mechgrok.runs.importing.safe_pickle.stand_ins import require_key

_BITS = 1024
_NAME_LENGTH = 200
_STATES = 4
"""Of one object. Python gives it one; its attributes are collected from all of them whenever they are read."""
_TUPLE_KEYS = 2**12
"""Of all dicts together: a file can give all of them one hash, so that a dict of them takes quadratic time."""
_ENCODE = "_codecs.encode"
_LOAD = "torch.storage._load_from_bytes"


Conversion = Callable[[Any], Any]


def load(file: IO[bytes], persistent: Conversion, nested: Conversion | None = None) -> Any:
    """The object of the pickle at which `file` stands.

    `persistent` returns the object of a persistent id, `nested` that of a pickle in bytes.

    Raises RefusedError; ValueError, IndexError, TypeError and other errors where the pickle is damaged.
    """
    machine = _Machine(persistent, {_ENCODE: _encode} | ({_LOAD: nested} if nested else {}))
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name not in _STEPS:
            raise RefusedError(f"uses the pickle opcode {opcode.name}")
        _STEPS[opcode.name](machine, argument)
    return machine.stack.pop()


class _Machine:
    """The stack, the stacks set aside by marks, and the memo."""

    def __init__(self, persistent: Conversion, conversions: Mapping[str, Conversion]) -> None:
        self.stack: list[Any] = []
        self.aside: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.persistent = persistent
        self.conversions = conversions
        self.converted: dict[tuple[str, int], tuple[Any, Any]] = {}
        self.tuple_keys = 0

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def pop_many(self, count: int) -> list[Any]:
        """The last `count` objects, in their order."""
        if count > len(self.stack):
            raise ValueError("the pickle takes more than it holds")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def key(self, key: Any) -> Any:
        """A key of a dict. Raises RefusedError for what is none."""
        self.tuple_keys += type(key) is tuple
        if self.tuple_keys > _TUPLE_KEYS:
            raise RefusedError(f"has more than {_TUPLE_KEYS} keys that are tuples")
        return require_key(key)

    def mark(self) -> None:
        self.aside.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.aside.pop()
        return items


def _constant(machine: _Machine, argument: Any) -> None:
    if type(argument) is int and argument.bit_length() > _BITS:
        raise RefusedError("holds an absurdly large number")
    machine.push(argument)


def _discard(machine: _Machine, argument: Any) -> None:
    if machine.stack:
        machine.pop()
    else:
        machine.pop_mark()


def _name(machine: _Machine, argument: str) -> None:
    machine.push(Name(argument.replace(" ", ".", 1)))


def _name_of_stack(machine: _Machine, argument: Any) -> None:
    module, attribute = machine.pop_many(2)
    if type(module) is not str or type(attribute) is not str:
        raise RefusedError("has a name that is no text")
    machine.push(Name(f"{module[:_NAME_LENGTH]}.{attribute[:_NAME_LENGTH]}"))


def _call(machine: _Machine, argument: Any) -> None:
    function, arguments = machine.pop_many(2)
    convert = machine.conversions.get(function.text) if type(function) is Name else None
    if convert is not None and type(arguments) is tuple and arguments and type(arguments[0]) in (str, bytes):
        machine.push(_converted(machine, function.text, convert, arguments[0]))
    else:
        machine.push(_made(function, arguments))


def _converted(machine: _Machine, name: str, convert: Conversion, argument: Any) -> Any:
    """The result of a conversion, which costs time in proportion to its argument; made once of each argument."""
    key = name, id(argument)
    if key not in machine.converted:
        machine.converted[key] = argument, convert(argument)
    return machine.converted[key][1]


def _encode(text: Any) -> bytes:
    """How bytes are written before protocol 3: as text in latin-1, one byte a letter."""
    if type(text) is not str:
        raise RefusedError("encodes something other than text")
    return text.encode("latin-1")


def _made(function: Any, arguments: Any) -> Any:
    if type(arguments) is not tuple:
        raise ValueError("arguments that are no tuple")
    if type(function) is Name:
        return stand_ins.call(function.text, arguments)
    return Record(f"{function.name}()" if type(function) is Record else "unknown", arguments)


def _create(machine: _Machine, argument: Any) -> None:
    kind, arguments = machine.pop_many(2)
    machine.push(_made(kind, arguments))


def _create_with_keywords(machine: _Machine, argument: Any) -> None:
    kind, arguments, keywords = machine.pop_many(3)
    made = _made(kind, arguments)
    if type(made) is Record and type(keywords) is dict:
        made.states.append(keywords)
    machine.push(made)


def _instance(machine: _Machine, argument: str) -> None:
    machine.push(Record(argument.replace(" ", ".", 1), tuple(machine.pop_mark())))


def _object(machine: _Machine, argument: Any) -> None:
    kind, *arguments = machine.pop_mark()
    machine.push(_made(kind, tuple(arguments)))


def _build(machine: _Machine, argument: Any) -> None:
    """Keeps the state of a record, a number format or an array; that of dicts and tensors holds no numbers and is dropped."""
    state = machine.pop()
    target = machine.stack[-1]
    if type(target) is Record:
        if not any(state is other for other in target.states[-1:]):
            target.states.append(state)
        if len(target.states) > _STATES:
            raise RefusedError(f"gives one object more than {_STATES} states")
    elif type(target) in (NumberFormat, Array):
        target.__setstate__(state)


def _extend(machine: _Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) not in (list, Record):
        raise ValueError("items that are added to no list")
    (target.items if type(target) is Record else target).extend(items)


def _update(machine: _Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) not in (dict, Record) or len(items) % 2:
        raise ValueError("items that are added to no dict")
    entries = target.entries if type(target) is Record else target
    for key, value in zip(items[::2], items[1::2], strict=True):
        entries[machine.key(key)] = value


def _dict(machine: _Machine, argument: Any) -> None:
    items = machine.pop_mark()
    machine.push({})
    _update(machine, items)


def _remember(machine: _Machine, argument: Any) -> None:
    machine.memo[int(argument)] = machine.stack[-1]


def _recall(machine: _Machine, argument: Any) -> None:
    machine.push(machine.memo[int(argument)])


def _nothing(machine: _Machine, argument: Any) -> None:
    pass


_CONSTANTS = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
)
_STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    **dict.fromkeys(_CONSTANTS, _constant),
    "BYTEARRAY8": lambda machine, argument: machine.push(bytes(argument)),
    "NONE": lambda machine, argument: machine.push(None),
    "NEWTRUE": lambda machine, argument: machine.push(True),
    "NEWFALSE": lambda machine, argument: machine.push(False),
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), lambda machine, argument: machine.push([])),
    **dict.fromkeys(("LIST", "FROZENSET"), lambda machine, argument: machine.push(machine.pop_mark())),
    "EMPTY_DICT": lambda machine, argument: machine.push({}),
    "DICT": _dict,
    "EMPTY_TUPLE": lambda machine, argument: machine.push(()),
    "TUPLE1": lambda machine, argument: machine.push(tuple(machine.pop_many(1))),
    "TUPLE2": lambda machine, argument: machine.push(tuple(machine.pop_many(2))),
    "TUPLE3": lambda machine, argument: machine.push(tuple(machine.pop_many(3))),
    "TUPLE": lambda machine, argument: machine.push(tuple(machine.pop_mark())),
    "APPEND": lambda machine, argument: _extend(machine, machine.pop_many(1)),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), lambda machine, argument: _extend(machine, machine.pop_mark())),
    "SETITEM": lambda machine, argument: _update(machine, machine.pop_many(2)),
    "SETITEMS": lambda machine, argument: _update(machine, machine.pop_mark()),
    "MARK": lambda machine, argument: machine.mark(),
    "POP": _discard,
    "POP_MARK": lambda machine, argument: machine.pop_mark(),
    "DUP": lambda machine, argument: machine.push(machine.stack[-1]),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _remember),
    "MEMOIZE": lambda machine, argument: _remember(machine, len(machine.memo)),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _recall),
    "GLOBAL": _name,
    "STACK_GLOBAL": _name_of_stack,
    "REDUCE": _call,
    "NEWOBJ": _create,
    "NEWOBJ_EX": _create_with_keywords,
    "INST": _instance,
    "OBJ": _object,
    "BUILD": _build,
    "BINPERSID": lambda machine, argument: machine.push(machine.persistent(machine.pop())),
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing),
}
"""Every opcode that is followed. Missing: the registry of extensions, buffers out of band, and persistent ids as text."""
