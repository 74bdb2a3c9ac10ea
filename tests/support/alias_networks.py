"""Networks on tables of aliases whose gradients are known in closed form, or computed again with TransformerLens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from planted import architecture
from torch import Tensor

from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.aliases import Aliases

TASK = Aliases(p=13, questions=5, held_out=0.4, sets=("DtQ1", "DfQ2", "Dt3", "Df4"))
C = TASK.classes
PARAMETERS = {
    "embed": ["embed.W_E"],
    "positions": ["pos_embed.W_pos"],
    "attention": [f"blocks.0.attn.{letter}" for letter in ("W_Q", "W_K", "W_V", "W_O")],
    "mlp": [f"blocks.0.mlp.{name}" for name in ("W_in", "b_in", "W_out", "b_out")],
    "unembed": ["unembed.W_U"],
}
EVERYTHING = [name for names in PARAMETERS.values() for name in names]
"""TransformerLens has biases, too, that these networks do without."""
SHAPE = replace(architecture(TASK.p), d_vocab=C, d_vocab_out=C, heads=2, d_head=3)


def _sizes() -> dict[str, tuple[int, ...]]:
    attention = {f"blocks.0.attn.W_{letter}": (2, 8, 3) for letter in "QKV"} | {"blocks.0.attn.W_O": (2, 3, 8)}
    mlp = {"blocks.0.mlp.W_in": (8, 6), "blocks.0.mlp.b_in": (6,), "blocks.0.mlp.W_out": (6, 8), "blocks.0.mlp.b_out": (8,)}
    return {"embed.W_E": (C, 8), "pos_embed.W_pos": (3, 8), **attention, **mlp, "unembed.W_U": (8, C)}


def random_network(seed: int = 0) -> Snapshot:
    """Every weight random, in float64."""
    draw = torch.Generator().manual_seed(seed)
    weights = {name: 0.5 * torch.randn(size, generator=draw, dtype=torch.float64) for name, size in _sizes().items()}
    return Snapshot(Grid.of(TASK, None), SHAPE, weights, 0)


def flat_network() -> Snapshot:
    """All that is read is the unit vector of coordinate 0, whatever the tokens, and W_U is 0: every class has the probability 1 / C.

    The gradient of a row's loss is then 1 / C - onehot(label) in the first row of W_U, and 0 elsewhere.
    """
    weights = {name: torch.zeros(size, dtype=torch.float64) for name, size in _sizes().items()}
    weights["pos_embed.W_pos"][:, 0] = 1
    return Snapshot(Grid.of(TASK, None), SHAPE, weights, 0)


def rows_about(part: str, integer: int, *, held_out: bool) -> tuple[np.ndarray, np.ndarray]:
    """Tokens up to where a row is read, and labels, of one alias' rows of a part, taken from the table one by one."""
    part_names, inputs, labels = TASK.part_names, TASK.inputs(), TASK.labels()
    of_part, about, trained = TASK.part_of_row(), TASK.integer_of_row(), TASK.trained_rows()
    wanted = [row for row in range(len(labels)) if part_names[of_part[row]] == part and about[row] == integer and trained[row] != held_out]
    return np.array([inputs[row][inputs[row] >= 0] for row in wanted]), labels[wanted]


def module_loss(module: torch.nn.Module, inputs: np.ndarray, labels: np.ndarray) -> Tensor:
    """Mean cross-entropy over all classes at the last token, by TransformerLens."""
    return torch.nn.functional.cross_entropy(module(torch.from_numpy(inputs))[:, -1], torch.from_numpy(labels))
