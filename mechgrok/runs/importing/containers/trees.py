"""Dicts of tensors within a file, flattened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from mechgrok.runs.importing.safe_pickle.records import Record

_PARTS = ("_parameters", "_buffers", "_modules")
"""Fields of a whole torch module."""


def flattened(node: Any) -> dict[str, Tensor]:
    """The tensors of a tree by their path with dots; empty where some leaf is anything else, and for no tree."""
    found = dict(_leaves(node, ""))
    return {} if None in found.values() else {name: tensor for name, tensor in found.items() if tensor is not None}


def module_state(node: Any) -> Any:
    """The state dict of a whole torch module as a nested dict; anything else as it is."""
    if not isinstance(node, Record) or not all(isinstance(node.fields.get(part), dict) for part in ("_parameters", "_modules")):
        return node
    parts = [node.fields.get(part, {}) for part in _PARTS]
    return {
        name: module_state(item)
        for part in parts
        if isinstance(part, dict)
        for name, item in part.items()
        if item is not None and not (isinstance(item, Record) and not holds_tensors(module_state(item)))
    }


def holds_tensors(node: Any) -> bool:
    """Whether some leaf of nested dicts is a tensor."""
    return any(leaf is not None for _, leaf in _leaves(node, ""))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Tensor | None]]:
    """Paths and tensors; None in place of other leaves. Empty dicts are passed over."""
    if isinstance(node, Tensor):
        yield path, node
    elif isinstance(node, dict):
        for key, item in node.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    else:
        yield path, None


def is_same_network(states: list[Mapping[str, Tensor]]) -> bool:
    """Whether all states have the same names and shapes."""
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in states]
    return all(each == shapes[0] for each in shapes[1:])
