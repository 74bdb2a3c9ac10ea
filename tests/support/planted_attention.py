"""Networks that are told what they attend to and what their neurons write, and random ones of any shape, also as the library's."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from planted import architecture, table
from torch import Tensor

from mechgrok.engine.outcomes import Result
from mechgrok.measures.base.measure import Measure
from mechgrok.models.architecture import Architecture
from mechgrok.models.parameter_shapes import parameter_shapes
from mechgrok.runs.snapshot import Grid, Snapshot

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule

P = 13
A, B = (torch.from_numpy(rows) for rows in np.divmod(np.arange(P * P), P))
SHAPES: list[dict[str, Any]] = [
    {},
    {"activation": "gelu", "normalization": "LN"},
    {"normalization": "LNPre"},
    {"attn_only": True},
]
DEEP: list[dict[str, Any]] = [{"layers": 2}, {"layers": 3, "normalization": "LN", "attn_only": True}]


class Told(Snapshot):
    """A snapshot that is told its attention (n, head, pos), neurons (n, d_mlp), W_L (d_mlp, p), and what reaches the logits beside."""

    def __init__(self, grid: Grid, **said: Tensor) -> None:
        heads = said["attention"].shape[1] if "attention" in said else 1
        super().__init__(grid, dataclasses.replace(architecture(grid.p), heads=heads), {}, 0)
        self._said = said

    @property
    def attention(self) -> Tensor:
        return self._said["attention"]

    @property
    def neurons(self) -> Tensor:
        return self._said["neurons"]

    @property
    def neuron_logit_map(self) -> Tensor:  # type: ignore[override]
        return self._said["W_L"]

    @property
    def logits(self) -> Tensor:
        if "neurons" not in self._said:
            return torch.zeros(len(self.grid.labels), self.p, dtype=torch.float64)
        return self._said["direct"] + self.neurons @ self.neuron_logit_map


def measured_with(measure: Measure, snapshot: Snapshot, **given: Any) -> Result:
    """What the engine would give, with what a measure requires computed from the snapshot itself."""
    tables: Mapping[str, Any] = {name: required.compute(snapshot, {}) for name, required in measure.requires.items()}
    return Result(measure, measure.compute(snapshot, {**tables, **given}).assign(step=0))


def random_network(p: int, seed: int = 0, train: Any = None, **options: Any) -> tuple[Snapshot, HookedRootModule]:
    """A snapshot of random weights, biases among them, and the library's network of the same."""
    sizes: dict[str, Any] = {"d_model": 6, "heads": 2, "d_head": 5, "d_mlp": 9, "d_vocab": p + 1, "d_vocab_out": p + 1, "n_ctx": 3}
    kinds: dict[str, Any] = {"layers": 1, "activation": "relu", "normalization": None, "attn_only": False}
    shape = Architecture(**(sizes | kinds | options))
    generator = torch.Generator().manual_seed(seed)
    sizes_of = parameter_shapes(shape).items()
    weights = {name: torch.randn(size, generator=generator, dtype=torch.float64) for name, size in sizes_of}
    return Snapshot(table(p, train=train), shape, weights, 0), shape.module(weights)


def run(model: HookedRootModule, grid: Grid, hook_name: str, hook: Any) -> Tensor:
    """Number logits of the library's network with a hook on the activation of that name in every layer (n, p)."""
    names = [name for name in model.hook_dict if re.fullmatch(rf"blocks\.\d+\.{re.escape(hook_name)}", name)]
    tokens = torch.from_numpy(grid.task.inputs())
    with torch.no_grad():
        return model.run_with_hooks(tokens, fwd_hooks=[(name, hook) for name in names])[:, -1, : grid.p]


def cosine(k: int, numbers: Tensor, p: int = P) -> Tensor:
    return torch.cos(2 * torch.pi * (k * numbers % p).double() / p)


def sine(k: int, numbers: Tensor, p: int = P) -> Tensor:
    return torch.sin(2 * torch.pi * (k * numbers % p).double() / p)


def difference(k: int) -> Tensor:
    return cosine(k, A) - cosine(k, B)


def attending(*to_a: Tensor, elsewhere: float = 0.1) -> Told:
    """Heads with this attention to a, `elsewhere` to '=' and the rest to b."""
    heads = [torch.stack([head, 1 - elsewhere - head, torch.full_like(head, elsewhere)], 1) for head in to_a]
    return Told(table(P), attention=torch.stack(heads, 1))
