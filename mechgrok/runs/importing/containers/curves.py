"""Recorded losses and accuracies, as a file or a log holds them: columns, records, or single numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from torch import Tensor

from mechgrok.runs.importing.containers.curve_names import SPLITS, Curve, identify, words_of
from mechgrok.runs.importing.containers.skipped import is_skipped
from mechgrok.runs.importing.containers.steps import EPOCH_NAMES, STEP_NAMES, as_step, axis_of_names, is_epochs

_DEPTH = 4
_AXES = tuple(f"{name}{ending}" for name in (*STEP_NAMES, *EPOCH_NAMES) for ending in ("", "s"))
_SPLIT_NAMES = ("split", "phase", "set", "subset", "dataset", "partition", "mode")
"""Columns that name the split of a record in long form."""
_LONGEST = 2**22
"""Records of a curve."""
_MOST_AXES = 64
"""Lists of steps that curves in dicts inside of theirs may have."""
_AXIS_WORDS = ("step", "epoch", "iter", "update")


@dataclass
class Curves:
    """Numbers by curve and step. Lists without steps are apart: `undated`, with the path of each list."""

    dated: dict[Curve, dict[int | None, float]] = field(default_factory=dict)
    undated: dict[Curve, list[float]] = field(default_factory=dict)
    names: dict[Curve, str] = field(default_factory=dict)
    axes: list[str] = field(default_factory=list)
    """The names of the lists or keys that hold the steps."""

    @property
    def in_epochs(self) -> bool:
        """Whether all steps are numbers of epochs."""
        return bool(self.axes) and all(is_epochs(axis) for axis in self.axes)


def find_curves(data: Any) -> Curves:
    """The curves in a file. A single number has the step None: it belongs to the weights."""
    found = Curves()
    axes: dict[str, list[float]] = {}
    for path, node in _nodes(data, "", 0):
        if isinstance(node, list):
            _add_records(found, path, node)
        else:
            lists = {str(key): values for key, item in node.items() if (values := as_floats(item)) is not None}
            _add_columns(found, path, node, {**axes, **lists})
            own = {name: values for name, values in lists.items() if name not in axes and _is_axis(name, values)}
            axes |= dict(islice(own.items(), _MOST_AXES - len(axes)))
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


def _add_columns(found: Curves, path: str, node: Mapping[Any, Any], lists: Mapping[str, Sequence[float]]) -> None:
    """Curves of one dict; `lists` are its own, and the axes of dicts around it."""
    named = [(curve, key) for key in node if isinstance(key, str) and (curve := identify(f"{path}.{key}"))]
    for curve, key in _plainest((curve, key) for curve, key in named if lists.get(key)).items():
        _add_list(found, curve, key, lists)
    numbers = {key: number for _, key in named if (number := as_number(node[key])) is not None}
    for curve, key in _plainest((curve, key) for curve, key in named if key in numbers).items():
        _keep(found, curve, f"{path}.{key}", {None: numbers[key]})


def _add_list(found: Curves, curve: Curve, key: str, lists: Mapping[str, Sequence[float]]) -> None:
    axis = axis_of(key, lists)
    if axis is None:
        found.undated.setdefault(curve, list(lists[key]))
        found.names.setdefault(curve, key)
        return
    steps = [as_step(value) for value in lists[axis]]
    found.axes.append(axis)
    _keep(found, curve, key, {step: value for step, value in zip(steps, lists[key], strict=True) if step is not None})


def axis_of(key: str, lists: Mapping[str, Sequence[float]]) -> str | None:
    """The name of the list that holds the steps of another one: of the same length, whole numbers that rise, named for steps or epochs."""
    fitting = [name for name in lists if name != key and len(lists[name]) == len(lists[key]) and _is_axis(name, lists[name])]
    return min(fitting, key=lambda name: _AXES.index(name) if name in _AXES else len(_AXES), default=None)


def _is_axis(name: str, values: Sequence[float]) -> bool:
    if not any(word in name.lower() for word in _AXIS_WORDS) or identify(name) is not None:
        return False
    steps = [as_step(value) for value in values]
    return None not in steps and all(a is not None and b is not None and a < b for a, b in pairwise(steps))


def _add_records(found: Curves, path: str, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Curves of a list of records. Steps are those of one key; records without it are passed over."""
    every = [(row, *reading) for row in rows for reading in _readings(path, row)]
    plainest = _plainest((curve, key) for _, curve, key, _ in every)
    readings = [reading for reading in every if reading[2] == plainest[reading[1]]]
    keys = {name for row, *_ in readings for name in map(str, row)}
    axis = axis_of_names(keys)
    found.axes += [axis] if axis else []
    for row, curve, key, number in readings:
        step = None if axis is None else as_step(row.get(axis))
        if axis is None:
            found.undated.setdefault(curve, []).append(number)
            found.names.setdefault(curve, key)
        elif step is not None:
            _keep(found, curve, key, {step: number})


def _plainest(named: Iterable[tuple[Curve, str]]) -> dict[Curve, str]:
    """The name of each curve with the fewest words: `train_loss` rather than `full_train_loss`."""
    names: dict[Curve, set[str]] = {}
    for curve, key in named:
        names.setdefault(curve, set()).add(key)
    return {curve: min(keys, key=lambda key: (len(words_of(key)), len(key), key)) for curve, keys in names.items()}


def _readings(path: str, row: Mapping[Any, Any]) -> Iterator[tuple[Curve, str, float]]:
    """Curve, key and value of every reading in a record; in long form the record names the split."""
    split = next((SPLITS.get(row[name].lower()) for name in _SPLIT_NAMES if isinstance(row.get(name), str)), None)
    for key, item in _flat(row, path):
        curve, number = identify(key), as_number(item)
        if curve is not None and number is not None:
            yield curve if split is None else curve._replace(split=split), key, number


def _flat(row: Mapping[Any, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Keys and items of a record, with those of dicts in it."""
    for key, item in row.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(item, dict):
            yield from ((f"{name}.{inner}", value) for inner, value in item.items())
        else:
            yield name, item


def _keep(found: Curves, curve: Curve, name: str, values: Mapping[int | None, float]) -> None:
    """Adds readings to a curve; of two for the same step the first, outer one stays."""
    known = found.dated.setdefault(curve, {})
    for step, value in values.items():
        known.setdefault(step, value)
    found.names.setdefault(curve, name)


def as_number(item: Any) -> float | None:
    """A finite or infinite number as a float; None for anything else."""
    if isinstance(item, Tensor) and item.numel() == 1 and not item.ndim:
        item = item.item()
    return float(item) if isinstance(item, int | float) and not isinstance(item, bool) and abs(item) < 2**63 else None


def as_floats(item: Any) -> list[float] | None:
    """A list of numbers, or a vector, as floats; None for anything else, and for lists that are longer than any curve."""
    if isinstance(item, Tensor):
        return item.double().tolist() if item.ndim == 1 and len(item) <= _LONGEST and not item.is_complex() else None
    if not isinstance(item, list | tuple) or len(item) > _LONGEST:
        return None
    found = [as_number(value) for value in item]
    return None if None in found else [value for value in found if value is not None]
