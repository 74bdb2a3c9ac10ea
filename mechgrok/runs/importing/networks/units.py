"""Parameters of a state dict in pairs: a weight and the bias beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

_WEIGHTS = {"weight", "w", "kernel", "gamma", "scale", "g"}
_BIASES = {"bias", "b", "beta", "shift", "offset"}
_BUFFERS = re.compile(r"(.*_)?(mask|ignore|tril|causal|num_batches_tracked|position_ids|inv_freq)")
_NUMBERED = re.compile(r"(.*(?:block|layer|blk))_?(\d+)", re.IGNORECASE)
_FIELD = re.compile(r"([wWbBa])_?(\w+)")
_STEM = re.compile(r"(\w+)_(weight|bias)")


@dataclass(frozen=True)
class Unit:
    """A weight by its name in the file, and the bias beside it."""

    path: tuple[str, ...]
    """The parts of the name without `weight` or `bias`."""
    weight: str
    bias: str | None
    shape: tuple[int, ...]
    """Of the weight."""
    bias_shape: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The path in one word, for messages."""
        return ".".join(self.path) or self.weight

    @property
    def leaf(self) -> str:
        """The last part of the path that is no number, in lower case."""
        return next((part.lower() for part in reversed(self.path) if not part.isdecimal()), "")

    @property
    def is_linear(self) -> bool:
        """Whether the weight is named as that of nn.Linear, whose axes are (out, in)."""
        return self.weight.endswith("weight")

    @property
    def is_matrix(self) -> bool:
        return len(self.shape) == 2

    @property
    def is_vector(self) -> bool:
        return len(self.shape) == 1

    def tensors(self) -> tuple[str, ...]:
        """The names of the weight and of the bias, if there is one."""
        return (self.weight,) if self.bias is None else (self.weight, self.bias)


def is_buffer(name: str, tensor: Tensor) -> bool:
    """Whether a tensor is a mask, a counter or another one that no network trains."""
    leaf = re.split(r"[./]", name)[-1].lower()
    return not tensor.is_floating_point() or not tensor.ndim or _BUFFERS.fullmatch(leaf) is not None or _is_mask(tensor)


def _is_mask(tensor: Tensor) -> bool:
    """A square matrix whose entries above the diagonal are all one value, and those below another."""
    if tensor.ndim < 2 or tensor.shape[-1] != tensor.shape[-2] or tensor.shape[-1] < 2 or tensor.numel() != tensor.shape[-1] ** 2:
        return False
    square = tensor.reshape(tensor.shape[-2:])
    above = square[torch.ones_like(square, dtype=torch.bool).triu(1)]
    below = square[torch.ones_like(square, dtype=torch.bool).tril()]
    return bool((above == above[0]).all() and (below == below[0]).all() and above[0] != below[0])


def units_of(state: Mapping[str, Tensor]) -> tuple[list[Unit], list[str]]:
    """The parameters in pairs, in the order of the file, and the names of biases without a weight."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for name, tensor in state.items():
        if not is_buffer(name, tensor):
            path, role = _path_and_role(name, tensor)
            found.setdefault(path, {})[role] = name
    units = [
        Unit(path, names["weight"], names.get("bias"), *(tuple(state[names[role]].shape) for role in ("weight", "bias") if role in names))
        for path, names in found.items()
        if "weight" in names
    ]
    return units, [names["bias"] for names in found.values() if "weight" not in names]


def _path_and_role(name: str, tensor: Tensor) -> tuple[tuple[str, ...], str]:
    *front, leaf = re.split(r"[./]", name)
    path = tuple(_numbers_apart(front))
    low = leaf.lower()
    if low in _WEIGHTS or low in _BIASES:
        return path, "weight" if low in _WEIGHTS else "bias"
    if stem := _STEM.fullmatch(leaf):
        return (*path, stem[1]), stem[2]
    if (field := _FIELD.fullmatch(leaf)) and (field[1] in "wWa" or tensor.ndim < 3) and _is_field(leaf):
        return (*path, field[2]), "weight" if field[1] in "wWa" else "bias"
    return (*path, *_numbers_apart([leaf])), "weight"


def _is_field(leaf: str) -> bool:
    """W_Q, b_Q, a_2 and W1, b1, but no words that begin with w, a or b."""
    return leaf[1] == "_" or leaf[1:].isdecimal() or leaf[0] in "WB"


def _numbers_apart(parts: Iterable[str]) -> list[str]:
    """block0 as block, 0."""
    matches = [(part, _NUMBERED.fullmatch(part)) for part in parts]
    return [piece for part, match in matches for piece in (match.groups() if match else (part,))]
