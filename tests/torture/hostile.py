"""Random changes of values, texts and bytes: wrong types, absurd numbers, deep nesting, control characters, parts that are missing."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from mutated_files import altered

DEEP = 100_000
"""Levels of nesting beyond what a recursive reader can follow."""
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 2**31, 2**31 - 1, 2**63, -(2**63), 10**40, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *(
        "",
        "0",
        "kind",
        "add",
        "a**b",
        "\x1b[31m",
        "a\nb\r\nc",
        "\u202e",
        "\ud800",
        "x" * 100_000,
        "../../../etc/passwd",
        "<script>alert(1)</script>",
    ),
    *([], [[]], [None], [0] * 1000, {}, {"kind": None}, {"kind": "modular"}, {"": ""}, {"a\nb": {"c": []}}),
)
"""Values where another one belongs."""
TOKENS = (
    "9**9**9",
    "__import__('os')",
    "lambda: 0",
    "(" * 300,
    "-" * 300,
    "1e999",
    "nan",
    "0x",
    "\0",
    "\x1b[2J",
    "\n",
    "'",
    '"',
    "[",
    "{",
    "=",
    ",",
    "#",
    "é",
    "𝟙",
)
"""Pieces of texts that a parser may stumble over."""


def values(sample: Any, draw: random.Random) -> Any:
    """A copy of plain data with one to three changes at random places."""
    changed = copy.deepcopy(sample)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        places = list(_places(changed))
        if not places:
            return draw.choice(VALUES)
        _change(*draw.choice(places), draw)
    return changed


def json_text(sample: Any, draw: random.Random) -> bytes:
    """JSON of changed data, sometimes with changed bytes, sometimes nested without end."""
    if draw.random() < 0.01:
        return b"[" * DEEP + b"]" * DEEP if draw.random() < 0.5 else b'{"task":' * DEEP + b"1" + b"}" * DEEP
    text = json.dumps(values(sample, draw)).encode()
    return altered(text, draw) if draw.random() < 0.2 else text


def text(sample: str, draw: random.Random) -> bytes:
    """A text with pieces replaced, repeated or inserted."""
    changed = sample
    for _ in range(draw.choice((1, 1, 2, 4))):
        at, length = draw.randrange(len(changed) + 1), draw.choice((0, 1, 2, 5))
        changed = changed[:at] + _piece(changed, draw) + changed[at + length :]
    encoded = changed.encode("utf-8", "surrogatepass")
    return altered(encoded, draw) if draw.random() < 0.1 else encoded


def _piece(whole: str, draw: random.Random) -> str:
    at, kind = draw.randrange(len(whole) + 1), draw.random()
    if kind < 0.4:
        return draw.choice(TOKENS)
    if kind < 0.6:
        return whole[at : at + draw.choice((1, 3, 10))] * draw.choice((1, 2, 50))
    return "" if kind < 0.8 else chr(draw.choice((*range(32, 127), 0, 7, 27, 0x85, 0x2028, 0xD800, 0x1F600)))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container with a key or an index of it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _change(container: Any, key: Any, draw: random.Random) -> None:
    _CHANGES[draw.randrange(len(_CHANGES))](container, key, draw)


def _replace(container: Any, key: Any, draw: random.Random) -> None:
    container[key] = copy.deepcopy(draw.choice(VALUES))


def _remove(container: Any, key: Any, draw: random.Random) -> None:
    del container[key]


def _wrap(container: Any, key: Any, draw: random.Random) -> None:
    container[key] = [container[key]] if draw.random() < 0.5 else {"kind": container[key]}


def _add(container: Any, key: Any, draw: random.Random) -> None:
    value = copy.deepcopy(draw.choice(VALUES))
    if isinstance(container, list):
        container.append(value)
    else:
        container[draw.choice(("kind", "p", "x", "a\nb", "\x1b[31m", "y" * 5000))] = value


_CHANGES: tuple[Callable[[Any, Any, random.Random], None], ...] = (_replace, _replace, _replace, _remove, _wrap, _add)
