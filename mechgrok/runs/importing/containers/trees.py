"""Dicts of tensors within a file, flattened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.safe_pickle.records import Record

_PARTS = ("_parameters", "_buffers", "_modules")
"""Fields of a whole torch module."""
_LONGEST = 1000
"""Letters of a name with all parts of its path."""


def flattened(node: Any) -> dict[str, Tensor]:
    """The tensors of a tree by their path with dots; empty where some leaf is anything else, and for no tree."""
    found = dict(_leaves(node, ""))
    return {} if None in found.values() else {name: tensor for name, tensor in found.items() if tensor is not None}


def module_state(node: Any) -> Any:
    """The state dict of a whole torch module as a nested dict; anything else as it is."""
    if not isinstance(node, Record) or not all(isinstance(node.fields.get(part), dict) for part in ("_parameters", "_modules")):
        return node
    fields = [part for name in _PARTS if isinstance(part := node.fields.get(name), dict)]
    states = [(name, item, module_state(item)) for part in fields for name, item in part.items() if item is not None]
    return {name: state for name, item, state in states if not isinstance(item, Record) or holds_tensors(state)}


def holds_tensors(node: Any) -> bool:
    """Whether some leaf of nested dicts is a tensor."""
    return any(leaf is not None for _, leaf in _leaves(node, ""))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Tensor | None]]:
    """Paths and tensors; None in place of other leaves. Empty dicts are passed over."""
    if isinstance(node, Tensor):
        yield path, node
    elif isinstance(node, dict):
        for key, item in node.items():
            yield from _leaves(item, _joined(path, key))
    else:
        yield path, None


def _joined(path: str, key: Any) -> str:
    """The path with one more part. Raises UserError for long ones: those of all leaves may need far more memory than the file."""
    joined = f"{path}.{key}" if path else str(key)
    if len(joined) > _LONGEST:
        raise UserError(f"the file nests its names to more than {_LONGEST} letters, {joined[:40]!r}...; save model.state_dict() alone")
    return joined


def is_same_network(states: list[Mapping[str, Tensor]]) -> bool:
    """Whether all states have the same names and shapes."""
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in states]
    return all(each == shapes[0] for each in shapes[1:])


def are_equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Whether two states are of one network and have the same numbers."""
    return is_same_network([one, other]) and all(torch.equal(one[name], other[name]) for name in one)
