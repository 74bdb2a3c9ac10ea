"""Recorded losses and accuracies, as a file or a log holds them: columns, records, or single numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from torch import Tensor

from mechgrok.runs.importing.containers.curve_names import SPLITS, Curve, identify
from mechgrok.runs.importing.containers.skipped import is_skipped
from mechgrok.runs.importing.containers.steps import EPOCH_NAMES, STEP_NAMES, as_step, step_of

_DEPTH = 4
_AXES = tuple(f"{name}{ending}" for name in (*STEP_NAMES, *EPOCH_NAMES) for ending in ("", "s"))
_AXIS_WORDS = ("step", "epoch", "iter", "update")


@dataclass
class Curves:
    """Numbers by curve and step. Lists without steps are apart: `undated`, with the path of each list."""

    dated: dict[Curve, dict[int | None, float]] = field(default_factory=dict)
    undated: dict[Curve, list[float]] = field(default_factory=dict)
    names: dict[Curve, str] = field(default_factory=dict)
    axis: str | None = None


def find_curves(data: Any, step: int | None = None) -> Curves:
    """The curves in a file. A single number belongs to `step`, that of the weights."""
    found = Curves()
    for path, node in _nodes(data, "", 0):
        if isinstance(node, list):
            _add_records(found, path, node)
        else:
            _add_columns(found, path, node, step)
    return found


def _nodes(node: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Dicts and lists of dicts in a file, outer before inner ones, except optimisers."""
    if isinstance(node, list) and node and all(isinstance(item, dict) for item in node):
        yield path, node
    elif isinstance(node, dict):
        yield path, node
        for key, item in node.items():
            if depth < _DEPTH and isinstance(key, str) and not is_skipped(key, item):
                yield from _nodes(item, f"{path}.{key}" if path else key, depth + 1)


def _add_columns(found: Curves, path: str, node: Mapping[Any, Any], step: int | None) -> None:
    lists = {str(key): values for key, item in node.items() if (values := as_floats(item)) is not None}
    for key, item in node.items():
        curve = identify(f"{path}.{key}") if isinstance(key, str) else None
        if curve is None:
            continue
        number = as_number(item)
        if number is not None:
            _keep(found, curve, f"{path}.{key}", {step: number})
        elif str(key) in lists and lists[str(key)]:
            _add_list(found, curve, str(key), lists)


def _add_list(found: Curves, curve: Curve, key: str, lists: Mapping[str, Sequence[float]]) -> None:
    axis = axis_of(key, lists)
    if axis is None:
        found.undated.setdefault(curve, list(lists[key]))
        found.names.setdefault(curve, key)
        return
    steps = [as_step(value) for value in lists[axis]]
    found.axis = axis
    _keep(found, curve, key, {step: value for step, value in zip(steps, lists[key], strict=True) if step is not None})


def axis_of(key: str, lists: Mapping[str, Sequence[float]]) -> str | None:
    """The name of the list that holds the steps of another one: of the same length, whole numbers that rise, named for steps or epochs."""
    fitting = [name for name in lists if name != key and _is_axis(name, lists[name]) and len(lists[name]) == len(lists[key])]
    return min(fitting, key=lambda name: _AXES.index(name) if name in _AXES else len(_AXES), default=None)


def _is_axis(name: str, values: Sequence[float]) -> bool:
    steps = [as_step(value) for value in values]
    named = any(word in name.lower() for word in _AXIS_WORDS) and identify(name) is None
    rising = all(a is not None and b is not None and a < b for a, b in pairwise(steps))
    return named and None not in steps and rising


def _add_records(found: Curves, path: str, rows: Sequence[Mapping[Any, Any]]) -> None:
    for row in rows:
        step, name = step_of(row)
        split = SPLITS.get(str(row.get("split", row.get("phase", ""))).lower())
        for key, item in row.items():
            curve, number = identify(str(key)), as_number(item)
            if curve is not None and number is not None and step is not None:
                _keep(found, curve if split is None else curve._replace(split=split), str(key), {step: number})
                found.axis = name


def _keep(found: Curves, curve: Curve, name: str, values: Mapping[int | None, float]) -> None:
    """Adds readings to a curve; of two for the same step the first, outer one stays."""
    found.dated[curve] = {**values, **found.dated.get(curve, {})}
    found.names.setdefault(curve, name)


def as_number(item: Any) -> float | None:
    """A finite or infinite number as a float; None for anything else."""
    if isinstance(item, Tensor) and item.numel() == 1 and not item.ndim:
        item = item.item()
    return float(item) if isinstance(item, int | float) and not isinstance(item, bool) and abs(item) < 2**63 else None


def as_floats(item: Any) -> list[float] | None:
    """A list of numbers, or a vector, as floats; None for anything else."""
    if isinstance(item, Tensor):
        return item.double().tolist() if item.ndim == 1 else None
    if not isinstance(item, list | tuple):
        return None
    found = [as_number(value) for value in item]
    return None if None in found else [value for value in found if value is not None]
