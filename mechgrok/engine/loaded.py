"""Whether a module in memory is what its file holds: a file of the user may be edited after it was imported."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path


def is_as_loaded(module: str) -> bool:
    """Whether the functions and methods of a module are those of its file; so where the module is not imported yet."""
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None)
    if loaded is None or file is None:
        return True
    written = {code.co_qualname: code for code in _nested(compile(Path(file).read_bytes(), file, "exec"))}
    return all(written.get(code.co_qualname) == code for code in _codes(vars(loaded), file))


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


def _codes(members: types.MappingProxyType | dict, file: str) -> Iterator[types.CodeType]:
    """The code of the functions, and of the methods of the classes, that a file defines."""
    for value in list(members.values()):
        code = getattr(getattr(value, "__func__", value), "__code__", None)
        if isinstance(code, types.CodeType) and code.co_filename == file:
            yield code
        if isinstance(value, type) and getattr(sys.modules.get(value.__module__), "__file__", None) == file:
            yield from _codes(vars(value), file)
