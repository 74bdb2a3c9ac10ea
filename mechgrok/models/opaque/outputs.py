"""Logits and activations at the read position, out of whatever a module returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError


def logits_at_read(output: Any, batch: int) -> Tensor:
    """Logits (batch, classes): the output, or its last position. Raises UserError for an output of another form."""
    found = _tensor(output)
    if found is None or found.ndim not in (2, 3) or len(found) != batch:
        got = type(output).__name__ if found is None else f"a tensor {tuple(found.shape)} for {batch} rows"
        raise UserError(
            f"the module returns {got}; logits are (batch, classes) or (batch, pos, classes). A function around it can turn them"
        )
    if found.is_complex() or found.dtype == torch.bool:
        raise UserError(f"the module returns {str(found.dtype).removeprefix('torch.')} values; logits are real numbers")
    return found if found.ndim == 2 else found[:, -1]


def _tensor(output: Any) -> Tensor | None:
    """The logits in an output: the tensor itself, the field `logits`, or the first tensor of a tuple."""
    if isinstance(output, Tensor):
        return output
    named = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    if isinstance(named, Tensor):
        return named
    return next((each for each in output if isinstance(each, Tensor)), None) if isinstance(output, tuple) else None


def activation_at_read(name: str, value: Any, batch: int) -> Tensor:
    """An activation (batch, ...) at the last position: of values (batch, ...), (batch, pos, ...) or (pos, batch, ...).

    A pattern (batch, head, query, key) is taken at the last query. Raises UserError for a value of another form.
    """
    found = of_tuple(name, value)
    if name.endswith("hook_pattern"):
        if found is not None and found.ndim == 4 and len(found) == batch:
            return found[:, :, -1]
        raise UserError(f"names: {name}: {_got(value, found)}; an attention pattern is (batch, head, query, key)")
    if found is not None and found.ndim > 1 and batch in found.shape[:2]:
        if found.ndim == 2:
            return found
        return found[:, -1] if len(found) == batch else found[-1]
    raise UserError(f"names: {name}: {_got(value, found)}; an activation is (batch, width), (batch, pos, width) or (pos, batch, width)")


def of_tuple(name: str, value: Any) -> Tensor | None:
    """The tensor that an activation is: the value, the first one of a tuple, of a pattern the first one with four axes."""
    several = value if isinstance(value, tuple | list) else (value,)
    tensors = [each for each in several if isinstance(each, Tensor)]
    if name.endswith("hook_pattern"):
        tensors = [each for each in tensors if each.ndim == 4] or tensors
    return tensors[0] if tensors else None


def _got(value: Any, found: Tensor | None) -> str:
    return f"this submodule gives {type(value).__name__ if found is None else tuple(found.shape)}"
