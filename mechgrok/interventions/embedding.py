"""Ablation of frequencies in the embedding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.interventions.cyclic_grid import cyclic_grid, valid_frequencies
from mechgrok.interventions.hook_points import Hook
from mechgrok.maths.harmonic import ablation
from mechgrok.tasks.task import Task


def ablate_embedding(W_E: Tensor, tokens: Tensor, frequencies: Iterable[int], task: Task) -> Hook:
    """Removes cos w_k and sin w_k of the number token from the embedding: x - (P W_E)[token] at `hook_embed`.

    P is the projection along the number tokens on the frequencies. The network then computes what it would with W_E - P W_E.

    Parameters
    ----------
    W_E : Tensor (vocab, d_model)
        The embedding of the model.
    tokens : Tensor (batch, pos), int64
        The tokens on which the model is run.
    frequencies : iterable of int
    task : Task

    Returns
    -------
    (str, callable)
        A pair for `fwd_hooks`.
    """
    removed = _part(W_E.detach(), frequencies, task)[tokens]
    expected = W_E.detach()[tokens]

    def ablated(activation: Tensor, hook: Any) -> Tensor:
        if activation.shape != expected.shape or not torch.equal(activation, expected):
            raise UserError("hook_embed does not hold W_E of these tokens; give ablate_embedding the tokens that the model runs on")
        return activation - removed

    return "hook_embed", ablated


def _part(W_E: Tensor, frequencies: Iterable[int], task: Task) -> Tensor:
    """What the frequencies hold of the number tokens' embeddings; zeros for other tokens (vocab, d_model)."""
    grid = cyclic_grid(task)
    numbers = torch.from_numpy(grid.chart.tokens)
    part = torch.zeros_like(W_E)
    part[numbers] = ablation.part_of_rows(W_E[numbers].double().T, valid_frequencies(frequencies, grid.p)).T.to(W_E.dtype)
    return part
