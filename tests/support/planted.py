"""Networks with known answers: logits and neurons that are simply said, and a transformer whose weights compute planted logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from mechgrok.engine.outcomes import Result
from mechgrok.measures.base.measure import Measure
from mechgrok.models.architecture import Architecture
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular, Operation


class Planted(Snapshot):
    """A snapshot that is told its logits (n, p) and neurons (n, d_mlp)."""

    def __init__(self, grid: Grid, logits: Tensor | None = None, neurons: Tensor | None = None) -> None:
        super().__init__(grid, architecture(grid.p), {}, 0)
        self._said = logits, neurons

    @property
    def logits(self) -> Tensor:
        assert self._said[0] is not None
        return self._said[0]

    @property
    def neurons(self) -> Tensor:
        assert self._said[1] is not None
        return self._said[1]


def architecture(p: int, d_model: int = 8, d_mlp: int = 6) -> Architecture:
    sizes = {"d_model": d_model, "heads": 1, "d_head": 1, "d_mlp": d_mlp, "d_vocab": p + 1, "d_vocab_out": p, "n_ctx": 3}
    return Architecture(layers=1, **sizes, activation="relu", normalization=None, attn_only=False)


def table(p: int, operation: Operation = "add", train: np.ndarray | None = None) -> Grid:
    return Grid.of(Modular(p=p, operation=operation), train)


def cosine_logits(grid: Grid, amplitudes: Mapping[int, float]) -> Tensor:
    """L = sum_k A_k cos w_k (s - c) over the rows (n, p), written out."""
    p, s = grid.p, grid.task.phase()
    difference = s[:, None] - np.arange(p)
    return torch.from_numpy(sum(A * np.cos(2 * np.pi * (k * difference % p) / p) for k, A in amplitudes.items()))


def measured(measure: Measure, snapshot: Snapshot) -> Result:
    """What the engine would give for one checkpoint."""
    given = {name: required.compute(snapshot, {}) for name, required in measure.requires.items()}
    return Result(measure, measure.compute(snapshot, given).assign(step=0))


def handmade(p: int, logit: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> dict[str, Tensor]:
    """Weights of a transformer with logits `logit(S, c)`, S = a + b as an integer from 0 to 2 p - 2.

    Coordinate 0 of the residual stream holds the number of a token. Attention is uniform, so the head brings (a + b) / 3 to '=', times 3.
    Neuron j is relu(S - j + 1), and second differences of `logit` in S make any function of an integer out of those. Coordinates
    1 .. p hold the logits.
    """
    sums, classes = np.arange(2 * p - 1), np.arange(p)
    values = logit(sums[:, None], classes[None, :])
    before = np.concatenate([np.zeros((2, p)), values])
    d_model, d_mlp = p + 1, 2 * p - 1
    W_E = torch.zeros(p + 1, d_model, dtype=torch.float64)
    W_E[:p, 0] = torch.arange(p)
    W_V, W_O = torch.zeros(1, d_model, 1, dtype=torch.float64), torch.zeros(1, 1, d_model, dtype=torch.float64)
    W_V[0, 0, 0], W_O[0, 0, 0] = 1, 3
    W_in = torch.zeros(d_model, d_mlp, dtype=torch.float64)
    W_in[0] = 1
    W_out = torch.zeros(d_mlp, d_model, dtype=torch.float64)
    W_out[:, 1:] = torch.from_numpy(before[2:] - 2 * before[1:-1] + before[:-2])
    W_U = torch.zeros(d_model, p, dtype=torch.float64)
    W_U[1:] = torch.eye(p)
    return {
        "embed.W_E": W_E,
        "pos_embed.W_pos": torch.zeros(3, d_model, dtype=torch.float64),
        "blocks.0.attn.W_Q": torch.zeros(1, d_model, 1, dtype=torch.float64),
        "blocks.0.attn.W_K": torch.zeros(1, d_model, 1, dtype=torch.float64),
        "blocks.0.attn.W_V": W_V,
        "blocks.0.attn.W_O": W_O,
        "blocks.0.mlp.W_in": W_in,
        "blocks.0.mlp.b_in": 1.0 - torch.arange(d_mlp, dtype=torch.float64),
        "blocks.0.mlp.W_out": W_out,
        "blocks.0.mlp.b_out": torch.zeros(d_model, dtype=torch.float64),
        "unembed.W_U": W_U,
    }


def handmade_snapshot(p: int, amplitudes: Mapping[int, float], train: np.ndarray | None = None) -> Snapshot:
    """The handmade transformer of planted cosines of a + b."""
    weights = handmade(p, lambda S, c: sum(A * np.cos(2 * np.pi * (k * (S - c) % p) / p) for k, A in amplitudes.items()))
    return Snapshot(table(p, train=train), architecture(p, p + 1, 2 * p - 1), weights, 0)


PLANTED = {0: {1: 9.0}, 10: {1: 5.0, 3: 5.0}, 20: {2: 6.0, 3: 8.0}}
"""Amplitudes at each step of a run of handmade networks modulo 7."""


def plant(folder: Path, step: int, amplitudes: Mapping[int, float]) -> None:
    weights = handmade(7, lambda S, c: sum(A * np.cos(2 * np.pi * (k * (S - c) % 7) / 7) for k, A in amplitudes.items()))
    save_file({name: tensor.float() for name, tensor in weights.items()}, folder / "weights" / f"{step:08d}.safetensors")


def planted_loss(amplitudes: Mapping[int, float]) -> float:
    """log sum_d exp sum_k A_k cos w_k d, less the value at d = 0: all rows cost the same."""
    profile = sum(A * np.cos(2 * np.pi * k * np.arange(7) / 7) for k, A in amplitudes.items())
    return float(np.log(np.exp(profile).sum()) - sum(amplitudes.values()))
