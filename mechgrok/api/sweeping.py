"""`mechgrok.sweep`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mechgrok.api.progress import Log, Quiet
from mechgrok.api.settings import changed, preset, seeded
from mechgrok.api.sweep_plan import plan
from mechgrok.api.sweep_progress import watching_sweep
from mechgrok.errors import UserError
from mechgrok.processes import cores
from mechgrok.studies import executors, running
from mechgrok.studies.axes import flag
from mechgrok.studies.executors import Resources
from mechgrok.studies.job import Job
from mechgrok.studies.running import Opened
from mechgrok.studies.sweep import Sweep, read_sweep
from mechgrok.training.execution import Execution

if TYPE_CHECKING:
    from mechgrok.runs.run import Run


def sweep(
    config: str,
    grid: Mapping[str, Sequence[Any]],
    out: str | Path,
    *,
    seeds: Sequence[int] = (0,),
    executor: str | Executor = "local",
    workers: int = 0,
    device: str = "auto",
    retry: bool = False,
    log: Log = "auto",
    **values: Any,
) -> Sweep:
    """Train a preset over a grid of values and seeds. Finished cells are kept, interrupted ones go on.

    Parameters
    ----------
    config : str
        The name of a preset.
    grid : mapping of str to sequence
        The values of each axis, by their path in the config: `{"split.fraction": [0.2, 0.3]}`.
    out : str or Path
        The folder of all runs.
    seeds : sequence of int
        Each is the seed of initial weights, split and batches together.
    executor : str or Executor
        "local" for processes of this machine, or an object with the interface of `concurrent.futures.Executor`, which is not shut down.
    workers : int
        Jobs that run at the same time; 0 for one a core with "local". For another executor it decides alone which seeds are stacked:
        none with 0.
    device : str
        As for `train`; each cell has one CPU thread.
    retry : bool
        Whether cells that failed are tried again.
    log : {"auto", "live", "lines", "quiet"}
        Live lines, a line now and then, or nothing; "auto": live on a terminal, else lines.
    values : Any
        Values of the config by their path, the same in all cells.

    Returns
    -------
    Sweep
        Its `cells` have state and path of each run; `frame()` is the same as a table.

    Raises
    ------
    UserError
        For an unknown preset or value, and where two cells have the same config. A cell that fails later is in the result.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> tiny = {"task.p": 5, "model.d_model": 8, "model.heads": 1, "model.d_mlp": 8, "training.steps": 3}
    >>> with ThreadPoolExecutor(1) as one:
    ...     found = mechgrok.sweep("demo", {"optimizer.lr": [1e-3, 3e-3]}, "rates", executor=one, log="quiet", **tiny)
    >>> [(cell.name, cell.state) for cell in found.cells]
    [('lr=0.001-s0', 'finished'), ('lr=0.003-s0', 'finished')]
    """
    usual = preset(config)
    words = [word for path, value in values.items() for word in flag(path, value)]
    axes = {path: tuple(found) for path, found in grid.items()}
    if not all(axes.values()) or not seeds:
        raise UserError("a sweep needs a value for each path of its grid, and a seed")
    planned = plan(config, words, axes, lambda seed: changed(seeded(usual, seed), values), seeds, Path(out))
    opened = opened_by_name(executor, Resources(workers)) if isinstance(executor, str) else lambda: nullcontext(executor)
    at_once = workers or (cores() if executor == "local" else 0)
    train_cells(planned.sweep, planned.jobs(Execution(device, 1), unwatched, retry=retry, at_once=at_once), opened, log)
    return read_sweep(out)


def train_cells(sweep: Sweep, jobs: Sequence[Job], opened: Opened, log: Log) -> None:
    """Writes what the sweep is, then runs its jobs, and shows how they get on."""
    sweep.write()
    with watching_sweep(sweep, log) as tick:
        running.run(jobs, opened, tick)


def opened_by_name(name: str, resources: Resources) -> Opened:
    """Gives a new executor at each call. Raises UserError now for one that cannot be had."""
    executors.check(name, resources)
    return lambda: executors.opened(name, resources)


@contextmanager
def unwatched(run: Run) -> Iterator[Quiet]:
    """The watcher of a cell: none, since its metrics are read from its files."""
    yield Quiet()
