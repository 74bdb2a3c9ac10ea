"""A cache of tables, since one command uses the table of its task many times."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import TypeVar, cast

import numpy as np

Arrays = np.ndarray | tuple[np.ndarray, ...]
S = TypeVar("S")
A = TypeVar("A", np.ndarray, tuple[np.ndarray, np.ndarray])

MOST_BYTES = 64 * 2**20
"""Of all tables together; a table with all pairs modulo 113 takes half a megabyte."""


class Recent:
    """The arrays that were used last, up to a total size."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, Arrays] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Arrays]) -> Arrays:
        """A copy of the arrays under a key, computed where they are not kept; larger ones are neither kept nor copied."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return _copied(self._kept[key])
        made = make()
        if _bytes(made) > self._most:
            return made
        with self._lock:
            self._kept[key] = made
            while sum(map(_bytes, self._kept.values())) > self._most:
                self._kept.popitem(last=False)
        return _copied(made)


_RECENT = Recent(MOST_BYTES)


def cached_table(method: Callable[[S], A]) -> Callable[[S], A]:
    """A method of a task that computes an array, or two, once for all tasks with equal fields. Each call returns a copy.

    The fields have to be hashable; the method of a task with a list or a dictionary among them is computed at each call.
    """

    @wraps(method)
    def cached(task: S) -> A:
        try:
            hash(task)
        except TypeError:
            return method(task)
        return cast(A, _RECENT.get((method, task), lambda: method(task)))

    return cached


def _copied(arrays: Arrays) -> Arrays:
    return arrays.copy() if isinstance(arrays, np.ndarray) else tuple(each.copy() for each in arrays)


def _bytes(arrays: Arrays) -> int:
    return arrays.nbytes if isinstance(arrays, np.ndarray) else sum(each.nbytes for each in arrays)
