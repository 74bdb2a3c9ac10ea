"""Attention of the read position to the operands of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.task import Task


def operand_positions(task: Task) -> list[int]:
    """The positions that hold number tokens in every row: those of the operands, in order.

    Parameters
    ----------
    task : Task

    Returns
    -------
    list of int

    Examples
    --------
    >>> from mechgrok.measures.shared.operand_attention import operand_positions
    >>> operand_positions(run.task)
    [0, 1]
    """
    return np.flatnonzero((task.inputs() < task.numbers).all(0)).tolist()


def attention_to_operands(snapshot: Snapshot) -> list[Tensor]:
    """Attention of the read position to each operand, last layer.

    Parameters
    ----------
    snapshot : Snapshot

    Returns
    -------
    list of Tensor (n, head)
        In the order of the operands.

    Examples
    --------
    >>> from mechgrok.measures.shared.operand_attention import attention_to_operands
    >>> [tuple(each.shape) for each in attention_to_operands(run.snapshot())]
    [(121, 2), (121, 2)]
    """
    return [snapshot.attention[:, :, position] for position in operand_positions(snapshot.grid.task)]


def attention_elsewhere(snapshot: Snapshot) -> Tensor:
    """Attention of the read position to the positions of the row that hold no operand, such as '=', summed over these, last layer.

    Parameters
    ----------
    snapshot : Snapshot

    Returns
    -------
    Tensor (n, head)

    Examples
    --------
    >>> from mechgrok.measures.shared.operand_attention import attention_elsewhere, attention_to_operands
    >>> a, b = attention_to_operands(run.snapshot())
    >>> torch.allclose(a + b + attention_elsewhere(run.snapshot()), torch.ones(121, 2).double())
    True
    """
    others = [position for position in range(snapshot.attention.shape[2]) if position not in operand_positions(snapshot.grid.task)]
    return snapshot.attention[:, :, others].sum(2)
