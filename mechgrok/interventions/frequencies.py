"""Ablation of frequencies in an activation, as a function of the row of the table.

The batch must be the whole table in its order, `torch.from_numpy(run.task.inputs())`: a frequency is a function of all rows. Rows with
a number outside the group (0 under multiplication) stay as they are. The functions of the row that belong to frequency k:

over="both"    {1, cos w_k, sin w_k}(a) x {1, cos w_k, sin w_k}(b) less the constant: neurons at `blocks.0.mlp.hook_post`
over="a", "b"  cos and sin of w_k times one operand alone
over="phase"   cos and sin w_k(phase), the phase a + b for addition: logits at `unembed.hook_out`, as in the excluded loss
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.interventions.cyclic_grid import cyclic_grid, valid_frequencies
from mechgrok.interventions.hook_points import Hook, at_position, with_value_at
from mechgrok.maths.harmonic import ablation, cosines, fourier
from mechgrok.runs.grid import Grid
from mechgrok.tasks.task import Task

Over = Literal["both", "a", "b", "phase"]


def ablate_frequency(hook_name: str, frequencies: Iterable[int], task: Task, over: Over = "both", position: int = -1) -> Hook:
    """Removes the functions of given frequencies from an activation: x - P x. Means over the table stay.

    Parameters
    ----------
    hook_name : str
    frequencies : iterable of int
    task : Task
    over : "both", "a", "b" or "phase"
        The functions of the row that belong to a frequency; see the module's docstring.
    position : int
        By default the last.

    Returns
    -------
    (str, callable)
        A pair for `fwd_hooks`.
    """
    grid = cyclic_grid(task)
    return _hook(hook_name, grid, valid_frequencies(frequencies, grid.p), over, position)


def keep_frequencies(hook_name: str, frequencies: Iterable[int], task: Task, over: Over = "both", position: int = -1) -> Hook:
    """Removes the functions of all other frequencies from an activation.

    The mean stays, and with over="both" the products of two different frequencies, which belong to no single one.

    Parameters
    ----------
    hook_name : str
    frequencies : iterable of int
    task : Task
    over : "both", "a", "b" or "phase"
    position : int

    Returns
    -------
    (str, callable)
        A pair for `fwd_hooks`.
    """
    grid = cyclic_grid(task)
    kept = valid_frequencies(frequencies, grid.p)
    return _hook(hook_name, grid, [k for k in fourier.frequencies(grid.p) if k not in kept], over, position)


def _hook(hook_name: str, grid: Grid, removed: list[int], over: Over, position: int) -> Hook:
    if over != "phase" and grid.operands.shape != (grid.p**2, 2):
        raise UserError(f"over={over!r} needs a table of all pairs (a, b); this one has {len(grid.rows)} rows; use over='phase'")

    def ablated(activation: Tensor, hook: Any) -> Tensor:
        _check_batch(hook_name, activation, grid)
        value = at_position(hook_name, activation, position).clone()
        rows = value[grid.rows].double()
        value[grid.rows] = (rows - _part(rows.flatten(1), grid, removed, over).view_as(rows)).to(value.dtype)
        return with_value_at(hook_name, activation, position, value)

    return hook_name, ablated


def _part(values: Tensor, grid: Grid, frequencies: list[int], over: Over) -> Tensor:
    """What some frequencies hold of the columns of x (n, m): (n, m)."""
    if over == "phase":
        return cosines.phase_part(cosines.phase_sums(values, grid.phase, grid.p), grid.counts, frequencies)[grid.phase]
    square = values.view(grid.p, grid.p, -1)
    if over == "both":
        return ablation.part_of_grid(square, frequencies).view_as(values)
    other = 1 if over == "a" else 0
    along = ablation.part_of_rows(square.mean(other).T, frequencies).T
    return along.unsqueeze(other).expand_as(square).reshape_as(values)


def _check_batch(hook_name: str, activation: Tensor, grid: Grid) -> None:
    wanted, given = len(grid.task.labels()), activation.shape[0]
    if given != wanted:
        whole = f"all {wanted} rows of the table in their order, torch.from_numpy(run.task.inputs())"
        raise UserError(f"the batch at {hook_name} has {given} rows; frequencies are over the table, so run the model on {whole}")
