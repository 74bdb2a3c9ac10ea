"""Logits of a network whose attention patterns at the read position are replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mechgrok.errors import UnavailableError

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.architecture import Architecture
    from mechgrok.runs.snapshot import Snapshot

Edit = Callable[["Tensor", slice], "Tensor"]
"""From the scores of a layer at the read position (rows, head, pos and registers), and the slice of the rows, to the pattern used there."""

AT_ONCE = 4096
"""Rows in one forward pass."""


def logits(snapshot: Snapshot, edit: Edit) -> Tensor:
    """Number logits with the patterns of all layers at the read position replaced; those at other positions are unchanged.

    Parameters
    ----------
    snapshot : Snapshot
    edit : callable
        From scores (rows, head, pos and registers) and the slice of the rows to a pattern of the same shape.

    Returns
    -------
    Tensor (n, p)

    Examples
    --------
    >>> from mechgrok.measures.shared import edited_attention
    >>> snapshot = run.snapshot()
    >>> same = edited_attention.logits(snapshot, lambda scores, rows: edited_attention.pattern(snapshot, scores))
    >>> torch.allclose(same, snapshot.logits)
    True
    """
    import torch

    inputs = torch.from_numpy(snapshot.grid.task.inputs())[snapshot.grid.rows]
    with torch.no_grad():
        parts = [_logits(snapshot, inputs[start : start + AT_ONCE], edit, start) for start in range(0, len(inputs), AT_ONCE)]
    return torch.cat(parts)[:, snapshot.tokens]


def pattern(snapshot: Snapshot, scores: Tensor) -> Tensor:
    """The network's own pattern of given scores: c softmax(scores) + 1 - c, with its attention coefficient c and its kind of softmax.

    Parameters
    ----------
    snapshot : Snapshot
    scores : Tensor (rows, head, pos and registers)
        -inf where a position is masked.

    Returns
    -------
    Tensor (rows, head, pos and registers)
        0 at masked positions.

    Examples
    --------
    >>> from mechgrok.measures.shared.edited_attention import pattern
    >>> pattern(run.snapshot(), torch.tensor([[[0.0, 0.0, -torch.inf]]])).tolist()
    [[[0.5, 0.5, 0.0]]]
    """
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

    if not isinstance(snapshot.architecture, Architecture):
        raise UnavailableError("it replaces attention patterns inside the forward pass, which only a transformer of mechgrok's own allows")
    return snapshot.architecture
