"""Logits made of characters of finite groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.algebra.groups import Group, alternating, dihedral, symmetric
from mechgrok.maths.algebra.representations import real_irreps
from mechgrok.models.architecture import Architecture
from mechgrok.runs.grid import Grid
from mechgrok.tasks.group import GroupTask

Amplitudes = Mapping[str, float]
CASES: dict[str, tuple[Group, Amplitudes]] = {
    "S4": (symmetric(4), {"(3,1)": 3.0, "(2,2)": 2.0}),
    "D5": (dihedral(5), {"A2": 2.0, "E2": 3.0}),
    "A4": (alternating(4), {"(2,2)": 2.5, "(3,1)": 1.5}),
}
cases = pytest.mark.parametrize(("group", "amplitudes"), CASES.values(), ids=CASES)


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def grid_of(group: Group, operation: str = "compose", train: np.ndarray | None = None) -> Grid:
    return Grid.of(GroupTask(group=group.family, n=group.n, operation=operation), train)  # type: ignore[arg-type]


def planted_logits(grid: Grid, group: Group, amplitudes: Amplitudes) -> Tensor:
    """L[(a, b), c] = sum of A chi(label c^-1) over representations."""
    quotient = group.table[grid.labels.numpy()[:, None], group.inverse[None, :]]
    characters = {irrep.name: irrep.character for irrep in real_irreps(group)}
    return torch.stack([A * characters[name][quotient] for name, A in amplitudes.items()]).sum(0)


def norms(group: Group) -> dict[str, int]:
    """<chi, chi>: 2 for a pair of complex conjugates."""
    return {irrep.name: 1 + irrep.complex_type for irrep in real_irreps(group)}


def flat(order: int, d_model: int) -> Architecture:
    """Attention alone, never run."""
    sizes = {"d_model": d_model, "heads": 1, "d_head": 1, "d_mlp": 1, "d_vocab": order + 1, "d_vocab_out": order, "n_ctx": 3}
    return Architecture(layers=1, **sizes, activation="relu", normalization=None, attn_only=True)
