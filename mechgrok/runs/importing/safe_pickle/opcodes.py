"""Reads a foreign pickle as a list of opcodes, before anything is built from it, and refuses what a weight file does not need.

torch's `weights_only` unpickler would run no foreign code either; this narrows it to fewer names, and keeps from it what would
exhaust or crash it: tuples nested without end that are hashed as keys, and calls with absurd sizes (`bytearray(2**40)`).
Everything a pickle's machine holds is followed by its kind alone: data, a tuple of data, a flat or nested tuple, a name, or what a call
made.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import IO, Any

from mechgrok.runs.importing.safe_pickle import stand_ins

_DATA, _EMPTY, _PLAIN, _FLAT, _NESTED, _NAME, _MADE = (
    "data",
    "empty tuple",
    "tuple of data",
    "flat tuple",
    "nested tuple",
    "name ",
    "made by ",
)

_ORDERED_DICT = "collections.OrderedDict"
_ENCODE = "_codecs.encode"
_CALLED = {
    _ORDERED_DICT,
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch.device",
    _ENCODE,
    stand_ins.NUMBER_FORMAT,
    *stand_ins.SCALARS,
}
_STORAGES = {f"torch.{kind}Storage" for kind in ("Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")}
_DTYPES = {f"torch.{kind}" for kind in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")}
_KNOWN = _CALLED | _STORAGES | _DTYPES | set(stand_ins.CONFIGS)
_BUILT = {_MADE + name for name in (_ORDERED_DICT, stand_ins.NUMBER_FORMAT, *stand_ins.CONFIGS)}


class RefusedError(Exception):
    """What the file would do that no weight file needs."""


def check(file: IO[bytes]) -> None:
    """Follows one pickle from where `file` stands to its end. Raises RefusedError, or ValueError or IndexError where it is damaged."""
    machine = _Machine()
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name not in _STEPS:
            raise RefusedError(f"uses the pickle opcode {opcode.name}")
        _STEPS[opcode.name](machine, argument)


class _Machine:
    """The stack, the stacks set aside by marks, and the memo, of kinds instead of objects."""

    def __init__(self) -> None:
        self.stack: list[str] = []
        self.aside: list[list[str]] = []
        self.memo: dict[int, str] = {}

    def push(self, kind: str) -> None:
        self.stack.append(kind)

    def pop(self, count: int = 1) -> list[str]:
        """The last `count` kinds, in their order."""
        if count > len(self.stack):
            raise ValueError("the pickle takes more than it holds")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def mark(self) -> None:
        self.aside.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[str]:
        items, self.stack = self.stack, self.aside.pop()
        return items


def _name(machine: _Machine, argument: str) -> None:
    name = argument.replace(" ", ".", 1)
    if name not in _KNOWN:
        raise RefusedError(f"names {name[:80]!r}")
    machine.push(_NAME + name)


def _tuple(machine: _Machine, items: list[str]) -> None:
    nested = any(item in (_PLAIN, _FLAT, _NESTED) for item in items)
    plain = all(item == _DATA for item in items)
    machine.push(_NESTED if nested else _EMPTY if not items else _PLAIN if plain else _FLAT)


def _call(machine: _Machine, argument: Any) -> None:
    function, arguments = machine.pop(2)
    name = function.removeprefix(_NAME)
    if name not in _CALLED or function == name or (name == _ORDERED_DICT and arguments != _EMPTY):
        raise RefusedError(f"calls {name[:80]!r}")
    if name == _ENCODE and arguments != _PLAIN:
        raise RefusedError("encodes what it has encoded, which grows without end")
    machine.push(_MADE + name)


def _create(machine: _Machine, argument: Any) -> None:
    kind, arguments = machine.pop(2)
    name = kind.removeprefix(_NAME)
    if name not in stand_ins.CONFIGS or kind == name or arguments != _EMPTY:
        raise RefusedError(f"creates {name[:80]!r}")
    machine.push(_MADE + name)


def _build(machine: _Machine, argument: Any) -> None:
    machine.pop()
    if machine.stack[-1] not in _BUILT:
        raise RefusedError(f"sets the state of {machine.stack[-1]!r}")


def _keep_items(machine: _Machine, items: list[str]) -> None:
    if any(key != _DATA for key in items[::2]):
        raise RefusedError("has keys other than words and numbers")


def _storage(machine: _Machine, argument: Any) -> None:
    if machine.pop() != [_FLAT]:
        raise RefusedError("has a storage of an unknown form")
    machine.push(_MADE + "torch's storage")


def _remember(machine: _Machine, argument: int) -> None:
    machine.memo[argument] = machine.stack[-1]


def _recall(machine: _Machine, argument: int) -> None:
    if argument not in machine.memo:
        raise ValueError("the pickle recalls what it has not kept")
    machine.push(machine.memo[argument])


_CONSTANTS = ("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "BINFLOAT", "BINUNICODE", "SHORT_BINSTRING", "LONG1")
_STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    **dict.fromkeys((*_CONSTANTS, "EMPTY_LIST", "EMPTY_DICT"), lambda machine, argument: machine.push(_DATA)),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _recall),
    "EMPTY_TUPLE": lambda machine, argument: machine.push(_EMPTY),
    "TUPLE1": lambda machine, argument: _tuple(machine, machine.pop(1)),
    "TUPLE2": lambda machine, argument: _tuple(machine, machine.pop(2)),
    "TUPLE3": lambda machine, argument: _tuple(machine, machine.pop(3)),
    "TUPLE": lambda machine, argument: _tuple(machine, machine.pop_mark()),
    "MARK": lambda machine, argument: machine.mark(),
    "GLOBAL": _name,
    "REDUCE": _call,
    "NEWOBJ": _create,
    "BUILD": _build,
    "APPEND": lambda machine, argument: machine.pop(),
    "APPENDS": lambda machine, argument: machine.pop_mark(),
    "SETITEM": lambda machine, argument: _keep_items(machine, machine.pop(2)),
    "SETITEMS": lambda machine, argument: _keep_items(machine, machine.pop_mark()),
    "BINPERSID": _storage,
    "PROTO": lambda machine, argument: None,
    "STOP": lambda machine, argument: machine.pop(),
}
