"""Digests of objects by content: what a measure reaches that is defined in a notebook instead of a module.

A function counts by its code, its defaults, the variables that it closes over and the globals that it reads; a class by its bases and
members; data by their values. An object that is defined in a module counts by the closure of that module (`sources`), one of a library
by the version of the library. Any other object raises `UnknownContentError`.
"""

from __future__ import annotations

import dataclasses
import dis
import enum
import functools
import importlib
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from mechgrok.engine import sources
from mechgrok.engine.sources import UnknownContentError
from mechgrok.runs.store import digest

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), range, slice, PurePath, re.Pattern, np.dtype, TypeVar)
_MADE_BY_PYTHON = {"__dict__", "__weakref__", "__doc__", "__module__", "__abstractmethods__", "_abc_impl"}
_MADE_BY_PYTHON |= {"__firstlineno__", "__static_attributes__"}
_MADE_BY_DATACLASS = {"__dataclass_fields__", "__dataclass_params__", "__match_args__"}
_METHODS_OF_DATACLASS = {"__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__replace__"}
_READS_GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME"}


def content(value: object) -> str:
    """The digest of an object and of everything that it reaches.

    Parameters
    ----------
    value : object
        A class, a function or data.

    Returns
    -------
    str
        Equal for equal content, in every process.

    Raises
    ------
    UnknownContentError
        Where something that it reaches cannot be hashed by content.
    """
    try:
        return digest(_Walk().of(value).encode())
    except RecursionError:
        raise UnknownContentError(f"{value!r} reaches too deep") from None


class _Walk:
    """One pass over an object; what was met before is named by its number, so that circles end."""

    def __init__(self) -> None:
        self._met: dict[int, tuple[int, object]] = {}

    def of(self, value: Any) -> str:
        if isinstance(value, _PLAIN):
            return f"{type(value).__qualname__} {value!r}"
        if id(value) in self._met:
            return f"#{self._met[id(value)][0]}"
        # The object is kept: another could be given its number once it is gone.
        self._met[id(value)] = (len(self._met), value)
        for known, read in _KINDS:
            if isinstance(value, known):
                return f"{type(value).__qualname__}({read(self, value)})"
        return f"{type(value).__qualname__}({_of_object(self, value)})"

    def all(self, values: Iterable[Any]) -> str:
        return ", ".join(map(self.of, values))

    def named(self, values: Mapping[Any, Any]) -> str:
        return ", ".join(f"{self.of(name)}: {self.of(value)}" for name, value in values.items())


def _of_set(walk: _Walk, values: Any) -> str:
    """Each by itself: the order of a set is not the same in every process."""
    return ", ".join(sorted(_Walk().of(value) for value in values))


def _of_array(walk: _Walk, array: np.ndarray) -> str:
    if array.dtype.hasobject:
        return walk.all([array.shape, *array.ravel().tolist()])
    return f"{array.dtype.str} {array.shape} {digest(np.ascontiguousarray(array).tobytes())}"


def _of_frame(walk: _Walk, frame: pd.DataFrame) -> str:
    return walk.all([frame.index.to_numpy(), *((name, column.to_numpy()) for name, column in frame.items())])


def _of_function(walk: _Walk, function: types.FunctionType) -> str:
    if (origin := _origin(function)) is not None:
        return f"{origin} {function.__qualname__}"
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    reached = {name: _global(function, name) for name in _globals(function.__code__)}
    parts = [function.__defaults__, function.__kwdefaults__, cells, reached]
    return f"{_of_code(walk, function.__code__, function.__doc__)} {walk.all(parts)}"


def _of_code(walk: _Walk, code: types.CodeType, doc: str | None = None) -> str:
    """Instructions, names and constants, without lines and docstring."""
    constants = [each for each in code.co_consts if each is not doc or doc is None]
    inner = [_of_code(walk, each) if isinstance(each, types.CodeType) else walk.of(each) for each in constants]
    modules = {name: walk.of(_module(name)) for name in _imports(code)}
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_argcount, code.co_kwonlyargcount, code.co_flags)
    return f"{digest(code.co_code)} {names} {inner} {modules}"


def _globals(code: types.CodeType) -> Iterator[str]:
    """The globals that a function reads, those of the functions inside it as well."""
    yield from sorted({str(each.argval) for each in dis.get_instructions(code) if each.opname in _READS_GLOBAL})
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _globals(inner)


def _global(function: types.FunctionType, name: str) -> Any:
    for space in (function.__globals__, vars(__import__("builtins"))):
        if name in space:
            return space[name]
    raise UnknownContentError(f"{function.__qualname__} reads {name}, which is defined nowhere yet")


def _imports(code: types.CodeType) -> list[str]:
    return sorted({str(each.argval) for each in dis.get_instructions(code) if each.opname == "IMPORT_NAME" and each.argval})


def _module(name: str) -> types.ModuleType:
    try:
        return sys.modules.get(name) or importlib.import_module(name)
    except ImportError:
        raise UnknownContentError(f"the module {name} is not installed") from None


def _of_class(walk: _Walk, kind: type) -> str:
    if (origin := _origin(kind)) is not None:
        return f"{origin} {kind.__qualname__}"
    return f"{kind.__qualname__} {walk.all(kind.__bases__)} {walk.named(dict(_members(kind)))}"


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """The members that a class body defines, without those that Python and `dataclass` add."""
    for name, member in vars(kind).items():
        if name == "__annotations__":
            yield name, {field: str(hint) for field, hint in member.items()}
        elif name not in _MADE_BY_PYTHON | _MADE_BY_DATACLASS and not _is_generated(name, member):
            yield name, member


def _is_generated(name: str, member: object) -> bool:
    """Whether a member is a descriptor of a slot, or a method that `dataclass` wrote."""
    if isinstance(member, types.FunctionType):
        return name in _METHODS_OF_DATACLASS and member.__code__.co_filename == "<string>"
    return isinstance(member, types.GetSetDescriptorType | types.MemberDescriptorType)


def _of_module(walk: _Walk, module: types.ModuleType) -> str:
    return _of_module_named(module.__name__)


def _of_object(walk: _Walk, value: Any) -> str:
    """An array of torch, an instance of a dataclass, a function written in C; else it is not seen."""
    kind = type(value)
    if kind.__module__.split(".")[0] == "torch":
        return _of_torch(value)
    if dataclasses.is_dataclass(value):
        return walk.all([kind, {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}])
    if callable(value) and (origin := _origin(value)) is not None:
        return f"{origin} {value.__qualname__}"
    raise UnknownContentError(f"the content of an object of the kind {kind.__qualname__} cannot be hashed")


def _of_torch(value: Any) -> str:
    import torch

    if isinstance(value, torch.Tensor) and not isinstance(value, torch.nn.Parameter) and value.layout == torch.strided:
        plain = value.detach().cpu().contiguous()
        return f"{plain.dtype} {tuple(plain.shape)} {digest(plain.view(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b'')}"
    if isinstance(value, torch.dtype | torch.device | torch.Size):
        return repr(value)
    raise UnknownContentError(f"the content of an object of the kind {type(value).__qualname__} cannot be hashed")


def _origin(value: Any) -> str | None:
    """Where a function or class is defined, with the digest of that; None where only its content tells what it is."""
    name, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(name, str) or not isinstance(path, str) or not in_module(name):
        return None
    found: Any = sys.modules[name]
    for part in path.split("."):
        found = getattr(found, part, None)
    return _of_module_named(name) if found is value else None


def in_module(name: str) -> bool:
    """Whether a module is a file or built in, so that its source is known; a notebook is not, nor is what `exec` ran."""
    module = sys.modules.get(name)
    if module is None or name == "__main__":
        return False
    return name.split(".")[0] in sys.builtin_module_names or getattr(module, "__spec__", None) is not None


def _of_module_named(name: str) -> str:
    return f"{name} {sources.installed_digest([name])}"


_KINDS: tuple[tuple[Any, Callable[[_Walk, Any], str]], ...] = (
    (enum.Enum, lambda walk, value: walk.all([type(value), value.name])),
    (tuple | list, lambda walk, values: walk.all(values)),
    (dict | types.MappingProxyType, lambda walk, values: walk.named(values)),
    (set | frozenset, _of_set),
    (np.ndarray, _of_array),
    (np.generic, lambda walk, value: _of_array(walk, np.asarray(value))),
    (pd.DataFrame, _of_frame),
    (pd.Series | pd.Index, lambda walk, value: walk.all([value.name, value.to_frame()])),
    (types.FunctionType, _of_function),
    (types.MethodType, lambda walk, method: walk.all([method.__func__, method.__self__])),
    (types.BuiltinFunctionType, lambda walk, function: f"{function.__qualname__} {walk.of(function.__self__)}"),
    (types.ModuleType, _of_module),
    (property, lambda walk, value: walk.all([value.fget, value.fset, value.fdel])),
    (staticmethod | classmethod, lambda walk, method: walk.of(method.__func__)),
    (functools.cached_property, lambda walk, value: walk.of(value.func)),
    (functools.partial, lambda walk, value: walk.all([value.func, value.args, value.keywords])),
    (functools._lru_cache_wrapper, lambda walk, value: walk.of(value.__wrapped__)),
    (types.GenericAlias, lambda walk, value: repr(value)),
    (type, _of_class),
)
"""How the content of each kind of object is read, the first that fits."""
