"""The raw weights in a file, by step, wherever they lie in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from mechgrok.runs.importing.containers import trees
from mechgrok.runs.importing.containers.curve_names import identify
from mechgrok.runs.importing.containers.names import normalise
from mechgrok.runs.importing.containers.skipped import is_skipped
from mechgrok.runs.importing.containers.steps import as_step, axis_of_names, is_epochs, step_of

_NETWORKS = ("model_state_dict", "state_dict", "model_state", "model", "net", "network", "params", "weights", "module", "parameters")
"""Keys of the weights in the order in which they are preferred."""
_NO_WEIGHTS = re.compile(r"loss|acc|indices|rows|data|mask|logit|label|input|token|lr|norm_history", re.IGNORECASE)
_AXIS = re.compile(r"epoch|step|iter", re.IGNORECASE)
_MOMENT = re.compile(r"init|start|first|before|untrained|best|last|final|end|after|trained", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:epoch|step|iter\w*|ckpt|checkpoint|state)?[_\- ]?(\d{1,12})", re.IGNORECASE)

State = dict[str, Tensor]


@dataclass(frozen=True)
class Found:
    """Weights in a file, their step where it is held, and notes."""

    states: Mapping[int | None, State]
    notes: tuple[str, ...] = ()
    in_epochs: bool = False
    """Whether the steps are numbers of epochs."""


NOTHING = Found({})


def find_states(data: Any) -> Found:
    """The weights of all steps by normalised names; none where the file holds none."""
    found = _Search().of(data)
    return replace(found, states={step: normalise(state) for step, state in found.states.items()})


class _Search:
    """Searches each dict and list of a file once: keys that are steps are searched as such, then as names where no step has weights."""

    def __init__(self) -> None:
        self.done: dict[int, tuple[Any, Found]] = {}

    def of(self, node: Any) -> Found:
        """The weights in a part of the file."""
        if id(node) not in self.done:
            self.done[id(node)] = node, self._searched(trees.module_state(node))
        return self.done[id(node)][1]

    def _searched(self, node: Any) -> Found:
        if isinstance(node, list | tuple):
            return self._sequence(node, None)
        if not isinstance(node, dict) or not node:
            return NOTHING
        if numbers := _numbers(node):
            found = self._sequence(list(node.values()), numbers)
            if found.states:
                return replace(found, in_epochs=all(is_epochs(str(key)) for key in node))
        if _is_wrapping(node):
            return self._mixed(node)
        if _is_before_and_after(node):
            return self._mixed(node)
        flat = trees.flattened(node)
        return Found({None: only}) if (only := _real(flat)) else self._mixed(node)

    def _sequence(self, items: Sequence[Any], steps: Sequence[int] | None) -> Found:
        """One network at several steps: those given, those that the items hold, else their places in the list."""
        parts = [self.of(item) for item in items]
        single = [next(iter(part.states.items())) for part in parts if len(part.states) == 1]
        if not single or len(single) < len(items) or not trees.is_same_network([state for _, state in single]):
            return NOTHING
        own = [step for step, _ in single]
        if steps is None and None not in own and len(set(own)) == len(own):
            return Found(dict(single), _notes(parts), any(part.in_epochs for part in parts))
        if len(single) == 1 and steps is None:
            return parts[0]
        note = (
            ()
            if steps is not None
            else ("the file does not hold the steps of its list of weights: their places in the list are taken for epochs",)
        )
        places = range(len(items)) if steps is None else steps
        return Found({step: state for step, (_, state) in zip(places, single, strict=True)}, (*_notes(parts), *note), steps is None)

    def _mixed(self, node: Mapping[Any, Any]) -> Found:
        """Weights among other things: those under the keys of networks, and tensors beside words and numbers where there are none."""
        axes = {name: _steps(other) for name, other in node.items() if isinstance(name, str) and _AXIS.search(name)}
        parts = {str(key): item for key, item in node.items() if not is_skipped(key, item) and not isinstance(item, Tensor)}
        inner = {key: self._child(item, axes) for key, item in parts.items()}
        found = {key: each for key, each in inner.items() if each.states}
        if not found:
            return _dated(node, _direct(node))
        several = {key: each for key, each in found.items() if len(each.states) > 1}
        chosen = _choose({key: each for key, each in found.items() if key not in several})
        return _together(_dated(node, chosen), list(several.values()))

    def _child(self, item: Any, axes: Mapping[str, Sequence[int]]) -> Found:
        """The weights under a key; a list of them has its steps in a list of the same length beside it."""
        if not isinstance(item, list | tuple) or not item:
            return self.of(item)
        fitting = next((name for name, steps in axes.items() if len(steps) == len(item)), None)
        if fitting is None:
            return self._sequence(item, None)
        return replace(self._sequence(item, axes[fitting]), in_epochs=is_epochs(fitting))


def _is_wrapping(node: Mapping[Any, Any]) -> bool:
    """Whether a dict of dicts holds weights under a key, rather than parts of nested names.

    It has a single key, a key of networks or of optimisers, or single numbers beside dicts, such as a step.
    """
    inner = [key for key, item in node.items() if isinstance(item, dict)]
    known = any(str(key).lower() in _NETWORKS or is_skipped(key, node[key]) for key in inner)
    numbers = any(isinstance(item, Tensor) and not item.ndim for item in node.values())
    return bool(inner) and (len(node) == 1 or known or numbers)


def _is_before_and_after(node: Mapping[Any, Any]) -> bool:
    """Whether a dict holds one network at two moments or more, by its keys, rather than parts of nested names."""
    if len(node) < 2 or not all(isinstance(key, str) and _MOMENT.search(key) for key in node):
        return False
    states: list[Mapping[str, Tensor]] = [trees.flattened(item) for item in node.values()]
    return all(states) and trees.is_same_network(states)


def _real(state: Mapping[str, Tensor]) -> State:
    """The tensors of floating point; none where all are curves and their steps, as in an .npz of losses."""
    found = {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}
    return {} if all(identify(name) or axis_of_names([name]) for name in found) else found


def _numbers(node: Mapping[Any, Any]) -> list[int]:
    """The steps that are the keys of a dict: whole numbers, or names such as epoch_100; empty for other dicts."""
    found = [_number(key) for key in node]
    words = [key for key in node if isinstance(key, str)]
    is_layers = bool(words) and sorted(words) == sorted(map(str, range(len(node))))
    return [] if None in found or is_layers else [number for number in found if number is not None]


def _number(key: Any) -> int | None:
    match = _NUMBERED.fullmatch(key) if isinstance(key, str) else None
    return int(match[1]) if match else as_step(key)


def _notes(parts: Sequence[Found]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for part in parts for note in part.notes))


def _steps(values: Any) -> list[int]:
    values = values.tolist() if isinstance(values, Tensor) and values.ndim == 1 else values
    found = [as_step(value) for value in values] if isinstance(values, list | tuple) else [None]
    return [] if None in found else [step for step in found if step is not None]


def _direct(node: Mapping[Any, Any]) -> Found:
    tensors = {str(name): item for name, item in node.items() if isinstance(item, Tensor) and item.ndim and _is_weight(str(name))}
    return Found({None: found}) if (found := _real(tensors)) else NOTHING


def _is_weight(name: str) -> bool:
    return identify(name) is None and not _NO_WEIGHTS.search(name.rpartition(".")[2])


def _choose(found: Mapping[str, Found]) -> Found:
    """The weights of the network among those under several keys."""
    if len(found) < 2:
        return next(iter(found.values()), NOTHING)
    named = [key for name in _NETWORKS for key in found if key.lower() == name]
    states = {key: next(iter(each.states.values())) for key, each in found.items()}
    same = trees.is_same_network(list(states.values()))
    if not named and not same:
        joined = {f"{key}.{name}": tensor for key, state in states.items() for name, tensor in state.items()}
        return Found({None: joined}, _notes([*found.values()]))
    key = named[0] if named else max(found, key=lambda each: not re.search(r"init|best|start|first|before|untrained", each, re.IGNORECASE))
    others = ", ".join(repr(other[:40]) for other in found if other != key)
    return replace(found[key], notes=(*found[key].notes, f"the weights are those under {key[:40]!r}; left out {others}"))


def _dated(node: Mapping[Any, Any], found: Found) -> Found:
    """Weights with the step that the dict around them holds."""
    step, name = step_of(node)
    if step is None or set(found.states) != {None}:
        return found
    return Found({step: found.states[None]}, found.notes, is_epochs(str(name)))


def _together(last: Found, series: Sequence[Found]) -> Found:
    """Weights of several steps with those beside them, which count as the last unless they are among them."""
    states = {step: state for part in series for step, state in part.states.items()}
    for step, state in last.states.items():
        if step is not None or not any(trees.are_equal(state, other) for other in states.values()):
            states[step] = state
    return Found(states, _notes([last, *series]), any(part.in_epochs for part in (last, *series)))
