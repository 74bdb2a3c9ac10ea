"""The axes of a grid: values of the config by their path, the names of trials that follow from them, and the commands."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from mechgrok.analysis import Trial, grid
from mechgrok.errors import UserError

Axes = Mapping[str, tuple[Any, ...]]
_WORDS = {"none": None, "true": True, "false": False}


def axis(text: str) -> tuple[str, tuple[Any, ...]]:
    """Path and values of `split.fraction=.2,.3`. Raises UserError for a text of another form."""
    path, equals, values = text.removeprefix("--").partition("=")
    found = tuple(map(value, filter(None, values.split(","))))
    if not equals or not path or not found:
        raise UserError(f"--grid {text}: give a path of the config and its values, as in --grid split.fraction=.2,.3,.4")
    return path, found


def value(word: str) -> Any:
    """A number, a truth value or None where the word is one; else the word."""
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    try:
        found = ast.literal_eval(re.sub(r"^([-+]?)0+(?=\d)", r"\1", word))
    except (ValueError, SyntaxError):
        return word
    return found if isinstance(found, int | float) else word


def trials(preset: str, words: Sequence[str], axes: Axes) -> tuple[Trial, ...]:
    """A trial for each place of the grid: a row for each value of the first axis, a column for each combination of the others.

    Raises UserError for an axis with two values of one name.
    """
    command = shlex.join(["train", preset, *words]).replace("{", "{{").replace("}", "}}")
    names, (first, *others) = _names(list(axes)), [*axes, *[""] * (not axes)]
    for path, values in axes.items():
        if len({_label(names, {path: each}) for each in values}) < len(values):
            raise UserError(f"{path} has a value twice; give each value once")
    rows = {_label(names, {first: each}): " ".join(_flags({first: each})) for each in axes[first]} if axes else {preset: ""}
    columns = [dict(zip(others, found, strict=True)) for found in product(*(axes[path] for path in others))] if axes else [{}]
    return grid(rows, {_label(names, found): " ".join([command, *_flags(found), "--seed {seed}"]) for found in columns})


def points(axes: Axes) -> list[dict[str, Any]]:
    """The values of each trial, in the order of `trials`."""
    return [dict(zip(axes, found, strict=True)) for found in product(*axes.values())]


def _names(paths: list[str]) -> dict[str, str]:
    """A short name for each path: its last word, where no other path ends with the same one."""
    leaves = [path.rpartition(".")[2] for path in paths]
    return {path: leaf if leaves.count(leaf) == 1 and leaf != "kind" else path for path, leaf in zip(paths, leaves, strict=True)}


def _label(names: Mapping[str, str], values: Mapping[str, Any]) -> str:
    """`fraction=0.2,weight_decay=1`, without characters that a shell or a file system takes for something else."""
    shown = ",".join(f"{names[path]}={_shown(each)}" for path, each in values.items())
    return re.sub(r"[^\w+.=,^-]+", "_", shown)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(_shown, value))
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return str(value)


def _flags(values: Mapping[str, Any]) -> list[str]:
    """The flags that set some values, quoted for a shell and for `str.format`."""
    return [shlex.join(flag(path, each)).replace("{", "{{").replace("}", "}}") for path, each in values.items()]


def flag(path: str, value: Any) -> list[str]:
    """The words that set a value on the command line."""
    if isinstance(value, bool):
        parent, _, leaf = path.rpartition(".")
        return [f"--{path}" if value else f"--{'.'.join(filter(None, [parent, f'no-{leaf}']))}"]
    return [f"--{path}", *map(_word, value if isinstance(value, list | tuple) else [value])]


def _word(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
