"""The fidelity of a program to its network, over the whole table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.extraction.program import Program
from mechgrok.maths.landscape import losses
from mechgrok.maths.symmetries import equivariance
from mechgrok.runs.snapshot import Snapshot

Facts = dict[str, Any]


def measure_fidelity(program: Program, whole: Snapshot, view: Snapshot) -> Facts:
    """Agreement, losses, accuracies and certificates. `view` is the snapshot in the program's basis, `whole` in the task's own tokens."""
    grid = view.grid
    logits = torch.from_numpy(program.logits())
    predicted = torch.from_numpy(program.answers())[grid.phase]
    network = whole.predictions[grid.rows]
    right = view.tokens[grid.labels]
    return {
        "rows": len(grid.rows),
        "rows_outside": len(whole.grid.rows) - len(grid.rows),
        "same_answer": int((predicted == network).sum()),
        "agreement": float((predicted == network).double().mean()),
        "right_rows": int((network == right).sum()),
        "same_where_right": int(((predicted == network) & (network == right)).sum()),
        "second_answer": _second(logits, view),
        "explained": _explained(logits, view),
        "program": _scores(view, predicted == right, losses.per_label(logits)[grid.phase, grid.labels]) | {"margin": program.margin},
        "network": _scores(view, network == right, view.losses),
        "real_numbers": program.real_numbers,
        "parameters": sum(tensor.numel() for tensor in whole.parameters.values()),
        "certificate": _certificate(view),
    }


def _scores(view: Snapshot, right: Tensor, loss: Tensor) -> Facts:
    """Accuracy and mean loss (nats) on all, train and test rows; None where these are unknown or there are none."""
    return {"accuracy": _by_split(view, lambda rows: right[rows].double().mean()), "loss": _by_split(view, lambda rows: loss[rows].mean())}


def _by_split(view: Snapshot, mean: Callable[[Tensor], Tensor]) -> Mapping[str, float | None]:
    subsets = view.grid.subsets
    return {split: float(mean(subsets[split])) if split in subsets and subsets[split].any() else None for split in ("all", "train", "test")}


def _explained(logits: Tensor, view: Snapshot) -> float:
    """1 - |L - program|^2 / |L|^2 over all rows and classes, L the network's logits centred over c."""
    square = float(view.logit_norms[1]) ** 2
    left = square - 2 * float((view.phase_sums * logits).sum()) + float(view.grid.counts.double() @ logits.square().sum(1))
    return 1 - left / square


def _second(logits: Tensor, view: Snapshot) -> float:
    """Share of rows on which the network's second largest logit is among the program's second and third.

    Two, because waves without angles are the same at c = phase + d and c = phase - d. Any program that adds gives the answers of a
    network that adds; this measures whether its logits are made in the same way. By chance 2 / (p - 1).
    """
    likely = logits.argsort(dim=1, descending=True)[:, 1:3]
    runner_up = view.per_row(lambda piece: piece.logits.topk(2, dim=1).indices[:, 1:])
    return float((likely[view.grid.phase] == runner_up).any(1).double().mean())


def _certificate(view: Snapshot) -> Facts:
    """Gamma = g(0) - max g(d), I the largest gain that what depends on more than c - phase gives to a wrong class (maths.equivariance).

    Gamma > I proves that the network answers every row with its label.
    """
    grid = view.grid
    g = equivariance.profile(view.phase_sums, grid.counts)
    gamma = float(g[0] - g[1:].max())
    pieces = ((piece.logits, grid.phase[piece.rows], grid.labels[piece.rows]) for piece in view.pieces())
    imbalance = equivariance.split(pieces, g).imbalance
    return {"gamma": gamma, "imbalance": imbalance, "holds": gamma > imbalance and torch.equal(grid.phase, grid.labels)}
