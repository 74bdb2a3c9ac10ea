"""What torch read, as plain data: dicts, lists, tuples, words, numbers and strided CPU tensors, and nothing else."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor

from mechgrok.runs.importing.safe_pickle.opcodes import RefusedError
from mechgrok.runs.importing.safe_pickle.stand_ins import Settings

_DEPTH = 16
_REPEATED = 2**24
"""Elements that a tensor may have beyond those that the file holds, by repeating them."""


def plain(value: Any) -> Any:
    """`value` rebuilt of plain types; dtypes and devices become words. Raises RefusedError for what a weight file does not hold."""
    return _plain(value, 0, {})


def _plain(value: Any, depth: int, done: dict[int, Any]) -> Any:
    """`done` holds what was rebuilt by identity, so that a list that is met twice, and again inside, is rebuilt once."""
    if depth > _DEPTH:
        raise RefusedError("nests too deeply")
    if value is None or type(value) in (bool, int, float, str, bytes):
        return value
    if id(value) not in done:
        done[id(value)] = _rebuilt(value, depth + 1, done)
    return done[id(value)]


def _rebuilt(value: Any, depth: int, done: dict[int, Any]) -> Any:
    if type(value) is Settings:
        return _plain(value.fields, depth, done)
    if type(value) in (dict, OrderedDict):
        return {key: _plain(item, depth, done) for key, item in dict.items(value)}
    if type(value) in (list, tuple):
        return type(value)(_plain(item, depth, done) for item in value)
    if type(value) in (Tensor, torch.nn.Parameter):
        return _tensor(value)
    if type(value) in (torch.dtype, torch.device):
        return str(value)
    raise RefusedError(f"holds {type(value).__name__[:80]!r}")


def _tensor(value: Tensor) -> Tensor:
    if value.layout is not torch.strided or value.device.type != "cpu" or value.is_quantized:
        raise RefusedError("holds a tensor that is not a plain array")
    if value.numel() > _REPEATED and value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise RefusedError("holds a tensor with more elements than the file")
    return value.detach()
