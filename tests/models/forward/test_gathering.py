"""Reading rows of a table, and its gradient, which is the sum over the readings of each row."""

from __future__ import annotations

import pytest
import torch

from mechgrok.models.forward.gathering import Index, gather_rows

ROWS = torch.tensor([3, 0, 3, 3, 1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rows_and_their_gradient(dtype: torch.dtype) -> None:
    table = torch.arange(15, dtype=dtype).view(5, 3).requires_grad_()
    found = gather_rows(table, Index.into(5, ROWS))
    assert found[:, 0].tolist() == [9, 0, 9, 9, 3]
    (found * torch.tensor([1, 10, 100, 1000, 1e4]).unsqueeze(1)).sum().backward()
    assert table.grad is not None
    assert table.grad.dtype == dtype
    assert table.grad[:, 2].tolist() == [10, 1e4, 0, 1101, 0]


def test_first_and_second_derivatives_against_finite_differences() -> None:
    table = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    index = Index.into(5, ROWS)
    assert torch.autograd.gradcheck(lambda t: gather_rows(t, index).sin(), table)
    assert torch.autograd.gradgradcheck(lambda t: gather_rows(t, index).sin(), table)


def test_without_an_index_the_table_itself() -> None:
    table = torch.zeros(2, 2)
    assert gather_rows(table, None) is table


def test_rows_at_the_end_that_nobody_reads() -> None:
    table = torch.ones(9, 1, requires_grad=True)
    gather_rows(table, Index.into(9, torch.tensor([2, 2]))).sum().backward()
    assert table.grad is not None
    assert table.grad.flatten().tolist() == [0, 0, 2, 0, 0, 0, 0, 0, 0]
