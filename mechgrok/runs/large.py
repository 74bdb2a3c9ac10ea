"""Large tables: from which size on a snapshot goes through the rows in pieces, in which precision, and what a piece needs."""

from __future__ import annotations

import torch

from mechgrok import errors, memory
from mechgrok.models.forward.row_width import row_width
from mechgrok.models.network import Network
from mechgrok.runs.grid import Grid

MOST_LOGITS = 2**26
"""Logits that are held at once: half a GiB in float64, those of p = 406."""
MOST_IN_PASS = 2**22
"""Logits and neurons of one forward pass."""
MOST_IN_CACHE = 2**18
"""Logits of one piece."""
EXACT_UP_TO = 1000
"""The largest p whose forward pass is computed in float64. Sums are in float64 for every p."""
NEGLIGIBLE = 2**28
"""Bytes for which the free memory is not looked up."""
COPIES = 4
"""Arrays of the size of logits or neurons that a measure makes of the rows of a pass, or of all rows where it goes through no pieces."""


def is_large(grid: Grid) -> bool:
    """Whether the logits of all rows are too many to be held."""
    return len(grid.rows) * grid.p > MOST_LOGITS


def precision(grid: Grid) -> torch.dtype:
    """The dtype of the products of a forward pass in pieces."""
    return torch.float64 if grid.p <= EXACT_UP_TO else torch.float32


def numbers_of_a_row(grid: Grid, network: Network) -> int:
    """Logits of a row, and neurons of the last layer."""
    shape = network.shapes.get(f"blocks.{network.layers - 1}.mlp.W_out", (0,)) if network.has_neurons else (0,)
    return max(grid.p, network.d_vocab_out) + shape[0]


def rows_at_once(grid: Grid, network: Network) -> int:
    """Rows of a forward pass: whole lines of equal a where the table is a square, since these share most of a forward pass."""
    count = max(1, MOST_IN_PASS // numbers_of_a_row(grid, network))
    return max(1, count // grid.p) * grid.p if grid.is_square else count


def bytes_of_a_row(grid: Grid, network: Network) -> int:
    """What a row takes in a forward pass and in a measure."""
    return 8 * (COPIES * numbers_of_a_row(grid, network) + row_width(network, grid.task.row_length))


def require_piece(rows: int, of_row: int) -> None:
    """Raises UnavailableError where a forward pass on so many rows, of so many bytes each, needs more memory than is free."""
    errors.require(memory.lacking(rows * of_row, f"a forward pass on {rows:,} rows", "end other programs"))


def lacks_whole(grid: Grid, network: Network) -> str | None:
    """Why a measure that holds the logits and neurons of all rows cannot be computed; None where it can."""
    needed = 8 * COPIES * len(grid.rows) * numbers_of_a_row(grid, network)
    if needed < NEGLIGIBLE:
        return None
    return memory.lacking(needed, f"it holds the logits and neurons of all {len(grid.rows):,} rows at once, which", "choose a smaller p")
