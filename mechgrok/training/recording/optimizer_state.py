"""The state of a torch optimiser as named tensors, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError

_TENSOR = "optimizer."


def require_optimizer(optimizer: Any) -> None:
    """Raises UserError for an object without the state of an optimiser."""
    if optimizer is not None and not all(hasattr(optimizer, name) for name in ("state_dict", "load_state_dict", "param_groups")):
        raise UserError(f"optimizer is {type(optimizer).__name__}; give the torch optimiser of the loop")


def flat(optimizer: Any) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, and everything else of the state as a note. Raises UserError for a state that is no plain data."""
    if optimizer is None:
        return {}, {}
    state = optimizer.state_dict()
    tensors = {
        f"{_TENSOR}{index}.{key}": value for index, each in state["state"].items() for key, value in each.items() if torch.is_tensor(value)
    }
    others = {index: {key: value for key, value in each.items() if not torch.is_tensor(value)} for index, each in state["state"].items()}
    try:
        return tensors, {"optimizer": json.dumps({"kind": type(optimizer).__name__, "state": others, "groups": state["param_groups"]})}
    except TypeError as error:
        raise UserError(f"the state of {type(optimizer).__name__} cannot be stored ({error}); leave optimizer away") from None


def restore(optimizer: Any, tensors: Mapping[str, Tensor], notes: Mapping[str, str]) -> None:
    """Puts a stored state into an optimiser. Raises UserError where it does not fit."""
    if "optimizer" not in notes:
        raise UserError("the state of the optimiser was not recorded: give optimizer to mechgrok.record, or restore it on your own")
    plain, kind = json.loads(notes["optimizer"]), type(optimizer).__name__
    if plain.get("kind", kind) != kind:
        raise UserError(f"the recorded state is that of {plain['kind']}, and optimizer is {kind}; give the same optimiser")
    state: dict[int, dict[str, Any]] = {int(index): dict(each) for index, each in plain["state"].items()}
    for name, tensor in tensors.items():
        if name.startswith(_TENSOR):
            index, _, key = name.removeprefix(_TENSOR).partition(".")
            state.setdefault(int(index), {})[key] = tensor
    try:
        optimizer.load_state_dict({"state": state, "param_groups": [_group(each) for each in plain["groups"]]})
    except (ValueError, KeyError) as error:
        raise UserError(f"the recorded state is not one of this optimiser ({error})") from None


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group of parameters with tuples where JSON has lists."""
    return {key: tuple(value) if isinstance(value, list) and key != "params" else value for key, value in group.items()}
