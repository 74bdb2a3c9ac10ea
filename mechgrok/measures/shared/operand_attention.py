"""Attention of the read position to the operands of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot
    from mechgrok.tasks.task import Task


def operand_positions(task: Task) -> list[int]:
    """The positions of a row that hold number tokens in every row: its operands, in order."""
    return np.flatnonzero((task.inputs() < task.numbers).all(0)).tolist()


def attention_to_operands(snapshot: Snapshot) -> list[Tensor]:
    """Attention of the read position to each operand in turn, last layer; each (n, head)."""
    return [snapshot.attention[:, :, position] for position in operand_positions(snapshot.grid.task)]


def attention_elsewhere(snapshot: Snapshot) -> Tensor:
    """Attention of the read position to the positions of the row that hold no operand, such as '=', summed over these (n, head)."""
    others = [position for position in range(snapshot.attention.shape[2]) if position not in operand_positions(snapshot.grid.task)]
    return snapshot.attention[:, :, others].sum(2)
