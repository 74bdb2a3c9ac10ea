"""A network whose attention is changed: its logits when the heads attend otherwise than they would."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.architecture import Architecture
    from mechgrok.runs.snapshot import Snapshot

Edit = Callable[["Tensor", slice], "Tensor"]
"""From a layer's scores at the read position (rows, head, pos and registers) and which rows these are to the pattern that is used there."""

AT_ONCE = 4096
"""Rows that are computed together."""


def logits(snapshot: Snapshot, edit: Edit) -> Tensor:
    """Number logits (n, p) when every layer's heads attend at the read position as `edit` says; attention elsewhere is as it was."""
    import torch

    inputs = torch.from_numpy(snapshot.grid.task.inputs())[snapshot.grid.rows]
    with torch.no_grad():
        parts = [_logits(snapshot, inputs[start : start + AT_ONCE], edit, start) for start in range(0, len(inputs), AT_ONCE)]
    return torch.cat(parts)[:, snapshot.tokens]


def pattern(snapshot: Snapshot, scores: Tensor) -> Tensor:
    """What the network makes of scores (rows, head, pos and registers), those of -inf unseen: c softmax + 1 - c, its kind of softmax."""
    from mechgrok.models.forward.attention import softmax

    shape = _transformer(snapshot)
    mixed = shape.attention_coefficient * softmax(scores, shape.softmax, -1)
    return mixed + (1 - shape.attention_coefficient) * scores.isfinite().to(scores.dtype)


def _logits(snapshot: Snapshot, tokens: Tensor, edit: Edit, start: int) -> Tensor:
    """The logits (rows, d_vocab_out) for tokens (rows, pos)."""
    from mechgrok.models.forward import plain_forward

    weights, shape = snapshot.parameters, _transformer(snapshot)
    rows = slice(start, start + len(tokens))
    return plain_forward.logits(weights, shape, shape.embed(weights, tokens), edit=lambda scores: edit(scores, rows))


def _transformer(snapshot: Snapshot) -> Architecture:
    from mechgrok.models.architecture import Architecture

    assert isinstance(snapshot.architecture, Architecture), "only a transformer has attention"
    return snapshot.architecture
