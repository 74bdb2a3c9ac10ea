"""The parts of a network in which weights are sampled while all others stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

OF_HEADS = re.compile(r"blocks\.(\d+)\.attn\.(W_[QKVO]|b_[QKV])")
OF_BLOCK = re.compile(r"blocks\.(\d+)\.(\w+)")
OF_BLOCKS = {"attn": "attention", "mlp": "MLP"}
OUTSIDE = {"embed": "embedding", "pos_embed": "positions", "unembed": "unembedding"}
LAST = ("ln_final", "unembed")


@dataclass(frozen=True)
class Component:
    """Parameters by name; of one attention head, where a head is given.

    Examples
    --------
    >>> import torch
    >>> from mechgrok.measures.sampling.components import Component
    >>> weights = {"blocks.0.attn.W_Q": torch.zeros(2, 3, 4)}
    >>> head = Component("L0H1", ("blocks.0.attn.W_Q",), 1)
    >>> changed = head.put(weights, {name: part + 1 for name, part in head.take(weights).items()})
    >>> changed["blocks.0.attn.W_Q"].sum((1, 2)).tolist()
    [0.0, 12.0]
    """

    label: str
    names: tuple[str, ...]
    head: int | None = None

    def take(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Its weights by the names of their parameters."""
        return {name: weights[name] if self.head is None else weights[name][self.head] for name in self.names}

    def put(self, weights: Mapping[str, Tensor], part: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All weights, with its own replaced by those given, from which gradients flow."""
        return {**weights, **{name: self._whole(weights[name], part[name]) for name in self.names}}

    def _whole(self, tensor: Tensor, part: Tensor) -> Tensor:
        import torch

        return part if self.head is None else torch.cat([tensor[: self.head], part[None], tensor[self.head + 1 :]])


def components(weights: Mapping[str, Tensor]) -> list[Component]:
    """Embedding, positions, each head with its queries, keys, values and output, each MLP, unembedding, and other modules.

    Parameters
    ----------
    weights : mapping of str to Tensor
        By name.

    Returns
    -------
    list of Component
        In the order of the forward pass. Each weight belongs to one of them.

    Examples
    --------
    >>> import torch
    >>> from mechgrok.measures.sampling.components import components
    >>> shapes = {"unembed.W_U": (2, 2), "embed.W_E": (2, 2), "blocks.0.attn.W_Q": (2, 2, 1), "blocks.0.attn.b_O": (2,)}
    >>> [each.label for each in components({name: torch.zeros(shape) for name, shape in shapes.items()})]
    ['embedding', 'L0H0', 'L0H1', 'L0 attention', 'unembedding']
    """
    members: dict[tuple[str, int | None], list[str]] = {}
    for name in sorted(weights, key=_place):
        for key in _parts(name, weights[name]):
            members.setdefault(key, []).append(name)
    return [Component(label, tuple(names), head) for (label, head), names in members.items()]


def _place(name: str) -> tuple[int, int, str]:
    """A key that sorts parameters by their place in the forward pass, those of one block by name."""
    block = OF_BLOCK.match(name)
    return (1, int(block[1]), name) if block else (2 * name.startswith(LAST), 0, name)


def _parts(name: str, tensor: Tensor) -> Iterator[tuple[str, int | None]]:
    """Label and head of the components that a parameter belongs to; outside transformers, that of its module."""
    block, module = OF_BLOCK.match(name), name.rpartition(".")[0]
    if OF_HEADS.fullmatch(name) and block:
        yield from ((f"L{block[1]}H{head}", head) for head in range(len(tensor)))
    elif block:
        yield f"L{block[1]} {OF_BLOCKS.get(block[2], block[2])}", None
    else:
        yield OUTSIDE.get(module, module or name), None
