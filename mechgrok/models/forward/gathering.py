"""Gathers rows of a table, with a gradient that is deterministic and as fast as the gathering itself."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Index:
    """The row of a table for each row of the result, prepared once for many uses."""

    rows: Tensor
    """(batch,)"""
    transposed: Tensor
    """Sparse (table's rows, batch) with a one at (rows[i], i): a product with it adds the gradients up, each sum in the batch's order."""

    @classmethod
    def into(cls, count: int, rows: Tensor) -> Index:
        """`rows` (batch,) of a table with `count` rows."""
        ends = torch.bincount(rows, minlength=count).cumsum(0).int()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sparse", UserWarning)
            transposed = torch.sparse_csr_tensor(
                torch.cat([ends.new_zeros(1), ends]),
                rows.argsort(stable=True).int(),
                torch.ones(len(rows), device=rows.device),
                (count, len(rows)),
            )
        return cls(rows, transposed)


def gather_rows(table: Tensor, index: Index | None) -> Tensor:
    """table[index] for a table (rows, width); without an index the table itself.

    Never by indexing: the order in which the gradient of table[index] is added up, and so its rounding, changes from run to run.
    """
    if index is None:
        return table
    if table.device.type != "cpu":
        return F.embedding(index.rows, table)
    result: Tensor = _GatherRows.apply(table, index)
    return result


class _GatherRows(torch.autograd.Function):
    """F.embedding with another gradient: PyTorch's own takes five to twenty times as long, since every thread scans the whole index."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, index: Index) -> Tensor:
        ctx.index = index
        return F.embedding(index.rows, table)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _AddUp.apply(gradient, ctx.index), None


class _AddUp(torch.autograd.Function):
    """The transpose of gathering, itself differentiable."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, index: Index) -> Tensor:
        ctx.index = index
        return index.transposed.to(gradient.dtype) @ gradient

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gather_rows(gradient, ctx.index), None
