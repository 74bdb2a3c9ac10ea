"""What a sweep will take, in lines."""

from __future__ import annotations

from collections.abc import Iterator

from mechgrok.api.sweep_plan import Plan
from mechgrok.processes import cores
from mechgrok.studies.estimate import Estimate, estimates
from mechgrok.studies.status import duration
from mechgrok.training.execution import Execution


def estimate_lines(planned: Plan, device: str, workers: int) -> Iterator[str]:
    """A line for each cell with its steps, time and disk, and one for the cells that are left. Stopping rules may end them sooner."""
    cells = planned.sweep.cells
    found = estimates(planned.configs, Execution(device, 1).resolved())
    width = max(len(cell.name) for cell in cells)
    for cell, each in zip(cells, found, strict=True):
        yield f"{cell.name:<{width}}  {cell.steps} steps  {_text(each)}" + (f"  {cell.state}" if cell.state != "waiting" else "")
    left = [each for cell, each in zip(cells, found, strict=True) if cell.state != "finished"]
    total, at_once = sum(each.seconds for each in left), min(workers or cores(), max(1, len(left)))
    size = _size(sum(each.size for each in left))
    yield f"{len(left)} of {len(cells)} cells are left: {duration(total)} on one core, {duration(total / at_once)} on {at_once}; {size}"


def _text(each: Estimate) -> str:
    return f"{duration(each.seconds)}  {_size(each.size)}"


def _size(size: float) -> str:
    """`45 MB`, three digits."""
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 1000:
            return f"{size:.3g} {unit}"
    return f"{size:.0f} GB"
