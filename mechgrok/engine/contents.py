"""Hashes by content of what no module's source covers: classes and functions of a notebook, and all that they reach.

A class is hashed with its bases, methods and attributes; a function with its code, defaults, the values that it closes over, and the
globals and modules that its code names, and these in turn. Values are hashed where their content decides what they do: numbers, texts,
containers, arrays, tensors, tables, instances of visible classes. What is defined in a module counts by the source closure of that
module, or by the version of its distribution. Anything else raises `UnseenError`: an open file, a random generator, an undefined name.
"""

from __future__ import annotations

import builtins
import dataclasses
import dis
import enum
import functools
import re
import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from mechgrok.engine.loaded import is_as_loaded
from mechgrok.engine.sources import Sources, installed_version
from mechgrok.runs.store import digest as hashed

PLAIN = (
    str,
    bytes,
    int,
    float,
    complex,
    type(None),
    type(Ellipsis),
    range,
    slice,
    date,
    timedelta,
    Decimal,
    Fraction,
    PurePath,
    np.generic,
)
WRAPPERS = (staticmethod, classmethod, functools.cached_property, functools._lru_cache_wrapper)
ALIASES = (types.GenericAlias, typing._GenericAlias, types.UnionType, typing.TypeVar, typing._SpecialForm)  # type: ignore[attr-defined]
BUILT_IN = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType, types.GetSetDescriptorType, np.ufunc)
HIDING = {"eval", "exec", "compile", "globals", "locals", "vars", "open", "input", "__import__"}
"""Built-in functions that reach what their caller's code does not name."""
_OF_EVERY_CLASS = {"__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__abstractmethods__", "_abc_impl"}
_OF_EVERY_CLASS |= {"__dataclass_fields__", "__dataclass_params__", "__match_args__", "__firstlineno__", "__static_attributes__"}
_GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_HAS_DOCSTRING = 0x4000000


class UnseenError(Exception):
    """Something is reached whose content cannot be hashed."""


def digest(things: Iterable[Any], sources: Sources) -> str | None:
    """A hash of some objects and of all that they reach; None where not all of it can be hashed."""
    walk = _Walk(sources)
    try:
        return hashed("".join(map(walk.visit, things)).encode())
    except (UnseenError, RecursionError):
        return None


def is_in_its_module(thing: Any) -> bool:
    """Whether a class or function is what its module holds under its name, so that the module's source is its source."""
    module = sys.modules.get(thing.__module__ or "")
    found: Any = module
    for name in thing.__qualname__.split("."):
        found = getattr(found, name, None)
    covered = hasattr(module, "__file__") or thing.__module__ in sys.stdlib_module_names
    return thing.__module__ != "__main__" and found is thing and covered


class _Walk:
    """Visits objects, each at most once."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._done: dict[int, tuple[Any, str]] = {}
        """By id: the object, which stays alive so that its id does, and its hash, or its number while it is being visited."""

    def visit(self, thing: Any) -> str:
        """The hash of an object with all that it reaches. Raises UnseenError."""
        if isinstance(thing, PLAIN) and not isinstance(thing, enum.Enum):
            return hashed(f"{type(thing).__qualname__} {thing!r}".encode())
        if id(thing) not in self._done:
            self._done[id(thing)] = (thing, f"number {len(self._done)}")
            self._done[id(thing)] = (thing, hashed("\n".join([type(thing).__qualname__, *self._parts(thing)]).encode()))
        return self._done[id(thing)][1]

    def _parts(self, thing: Any) -> Iterator[str]:
        for kinds, parts in self._rules():
            if isinstance(thing, kinds):
                yield from parts(thing)
                return
        yield from self._of_instance(thing)

    def _rules(self) -> list[tuple[Any, Any]]:
        return [
            (types.ModuleType, lambda module: [self._module(module.__name__)]),
            (type, self._of_class),
            (types.FunctionType, self._of_function),
            (types.CodeType, self._of_code),
            (types.MethodType, lambda method: map(self.visit, (method.__func__, method.__self__))),
            (WRAPPERS, lambda wrapper: [self.visit(getattr(wrapper, "__wrapped__", None) or wrapper.func)]),
            (property, lambda each: map(self.visit, (each.fget, each.fset, each.fdel))),
            (functools.partial, lambda each: map(self.visit, (each.func, each.args, each.keywords))),
            ((tuple, list), lambda values: map(self.visit, values)),
            ((set, frozenset), lambda values: sorted(_Walk(self._sources).visit(value) for value in values)),
            ((dict, types.MappingProxyType), lambda values: (self.visit(each) for pair in values.items() for each in pair)),
            (np.ndarray, self._of_array),
            ((pd.DataFrame, pd.Series, pd.Index), self._of_table),
            (re.Pattern, lambda pattern: [self.visit(pattern.pattern), str(pattern.flags)]),
            (enum.Enum, lambda member: [self.visit(type(member)), member.name]),
            ((*ALIASES, np.dtype), lambda each: [repr(each)]),
            (BUILT_IN, lambda each: [each.__name__, self.visit(getattr(each, "__self__", None))]),
        ]

    def _module(self, name: str) -> str:
        """The source closure of a module that is followed, else the version of its distribution."""
        if not self._sources.has(name):
            return f"{name} {installed_version(name)}"
        reached = self._sources.closure(name)
        if not all(is_as_loaded(module) for module in reached if not module.startswith("mechgrok") and self._sources.has(module)):
            raise UnseenError(name)
        return self._sources.digest(reached)

    def _of_class(self, kind: type) -> Iterator[str]:
        yield kind.__qualname__
        if is_in_its_module(kind) or not self._is_of_user(kind):
            yield self._module(kind.__module__)
            return
        yield from map(self.visit, kind.__bases__)
        yield from (f"field {field.name}" for field in (dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()))
        for name, value in vars(kind).items():
            if name not in _OF_EVERY_CLASS and not _is_generated(value):
                yield from (name, self.visit(value))

    def _of_function(self, function: types.FunctionType) -> Iterator[str]:
        if is_in_its_module(function):
            yield from (function.__qualname__, self._module(function.__module__))
            return
        yield self.visit(function.__code__)
        yield from map(self.visit, (function.__defaults__, function.__kwdefaults__, vars(function)))
        yield from (self.visit(_content(cell)) for cell in function.__closure__ or ())
        for name in sorted(set(_globals(function.__code__))):
            yield from (name, self._global(function.__globals__, name))
        for name in sorted(set(_imports(function.__code__))):
            yield from (name, self._module(name))

    def _global(self, names: Mapping[str, Any], name: str) -> str:
        if name in names:
            return self.visit(names[name])
        if name in HIDING or not hasattr(builtins, name):
            raise UnseenError(name)
        return "built in"

    def _of_code(self, code: types.CodeType) -> Iterator[str]:
        yield from (code.co_code.hex(), code.co_exceptiontable.hex(), str(code.co_flags))
        yield repr((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount))
        yield repr((code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))
        yield from map(self.visit, code.co_consts[_has_docstring(code) :])

    def _of_array(self, array: np.ndarray) -> Iterator[str]:
        yield f"{array.dtype} {array.shape}"
        if array.dtype.hasobject:
            yield self.visit(array.tolist())
        else:
            yield hashed(np.ascontiguousarray(array).tobytes())

    def _of_table(self, table: Any) -> Iterator[str]:
        if isinstance(table, pd.DataFrame):
            yield from map(self.visit, (table.index, table.columns))
            yield from (self.visit(table.iloc[:, place].array.to_numpy()) for place in range(table.shape[1]))
        else:
            yield from map(self.visit, (table.name, table.to_numpy()))
            yield self.visit(table.index) if isinstance(table, pd.Series) else ""

    def _of_instance(self, thing: Any) -> Iterator[str]:
        """Tensors, and instances whose state is their attributes; those of installed classes hold what cannot be seen."""
        kind = type(thing)
        if kind.__module__ == "torch":
            yield from self._of_torch(thing)
        elif kind is types.SimpleNamespace or self._is_followed(kind):
            slots = {name: getattr(thing, name) for base in kind.__mro__ for name in getattr(base, "__slots__", ()) if hasattr(thing, name)}
            yield from map(self.visit, (kind, getattr(thing, "__dict__", {}), slots))
        else:
            raise UnseenError(repr(kind))

    def _of_torch(self, thing: Any) -> Iterator[str]:
        import torch

        if isinstance(thing, torch.Tensor):
            yield from (str(thing.dtype), self.visit(thing.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()))
            yield str(tuple(thing.shape))
        elif isinstance(thing, torch.dtype | torch.device):
            yield repr(thing)
        else:
            raise UnseenError(repr(type(thing)))

    def _is_followed(self, kind: type) -> bool:
        plain = {"object", "ABC", "Generic", "Protocol"}
        return all(base.__name__ in plain or self._is_of_user(base) for base in kind.__mro__)

    def _is_of_user(self, kind: type) -> bool:
        """Whether a class is defined in mechgrok, in a module of the user, or in none: in a notebook, or by `exec`."""
        return kind.__module__ == "__main__" or kind.__module__ not in sys.modules or self._sources.has(kind.__module__)


def _is_generated(value: Any) -> bool:
    """Whether a method was made by `dataclass` from the fields."""
    return isinstance(value, types.FunctionType) and value.__code__.co_qualname.startswith("__create_fn__")


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "empty"


def _has_docstring(code: types.CodeType) -> bool:
    """Whether the first constant of a function is its docstring, or stands for one that it lacks."""
    if sys.version_info >= (3, 13):
        return bool(code.co_flags & _HAS_DOCSTRING)
    return not code.co_name.startswith("<") and bool(code.co_consts) and isinstance(code.co_consts[0], str | None)


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


def _globals(code: types.CodeType) -> Iterator[str]:
    """The global names that a function reads, those of inner functions included."""
    stored = {each.argval for inner in _nested(code) for each in dis.get_instructions(inner) if each.opname == "STORE_NAME"}
    for inner in _nested(code):
        named = (each.argval for each in dis.get_instructions(inner) if each.opname in _GLOBAL)
        yield from (name for name in named if name not in stored)


def _imports(code: types.CodeType) -> Iterator[str]:
    """The modules that a function imports, with the names that may be modules of a package."""
    for inner in _nested(code):
        module = ""
        for each in dis.get_instructions(inner):
            if each.opname == "IMPORT_NAME":
                module = each.argval
                yield module
            if each.opname == "IMPORT_FROM":
                yield f"{module}.{each.argval}"
