"""A sweep: a study whose trials come from a grid. This is what comparisons read: the runs of a sweep, what varies, each one's state.

    sweep = read_sweep("checkpoints/fractions")
    sweep.axes          {"split.fraction": (0.2, 0.3), "optimizer.weight_decay": (0, 1)}
    sweep.cells         a Cell for each run: trial, seed, values, path, steps, state, failure
    sweep.frame()       the same as a table: a row a run; axes, seed, state, path
    sweep.trained       its finished runs as those of a study: times, numbers, the table of studies/table.py

Only files are read, and none of the weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mechgrok.analysis.study import Study, Trial
from mechgrok.errors import UserError
from mechgrok.runs import store
from mechgrok.studies.cells import NOTES, Cell

if TYPE_CHECKING:
    import pandas as pd

    from mechgrok.studies.trained import Trained


@dataclass(frozen=True)
class Sweep:
    """Runs of one preset over a grid of values and seeds.

    Parameters
    ----------
    out : Path
        The folder of all runs.
    preset : str
        The preset that all runs start from.
    axes : mapping of str to tuple
        The values that vary, by their path in the config; the seed is not among them.
    trials : tuple of Trial
        The cells of the grid, each with the command that trains it.
    cells : tuple of Cell
        The runs: every trial with every seed, all trials of a seed before the next.
    """

    out: Path
    preset: str
    axes: Mapping[str, tuple[Any, ...]]
    trials: tuple[Trial, ...]
    cells: tuple[Cell, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of every trial."""
        return tuple(dict.fromkeys(cell.seed for cell in self.cells))

    @property
    def study(self) -> Study:
        """The sweep as a study without claims."""
        return Study(f"A grid of {len(self.trials)} settings of {self.preset}.", self.trials, self.seeds, claims=())

    @property
    def trained(self) -> Trained:
        """The finished runs."""
        from mechgrok.studies.trained import Trained

        return Trained(self.study, self.out, {(cell.trial, cell.seed): cell.name for cell in self.cells})

    def frame(self) -> pd.DataFrame:
        """The cells as a table.

        Returns
        -------
        DataFrame
            A row a run: a column for each axis, then seed, state, path.
        """
        import pandas as pd

        columns = [*self.axes, "seed", "state", "path"]
        rows = [[*(cell.values[path] for path in self.axes), cell.seed, cell.state, str(cell.path)] for cell in self.cells]
        return pd.DataFrame(rows, columns=columns)

    def write(self) -> None:
        """Writes what `read_sweep` reads."""
        trials = [{"row": each.row, "column": each.column, "command": each.command} for each in self.trials]
        cells = [asdict(cell) | {"path": cell.name} for cell in self.cells]
        content = {"preset": self.preset, "axes": self.axes, "trials": trials, "cells": cells}
        store.write(_file(self.out), json.dumps(content, indent=1).encode())

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def is_sweep(out: Path) -> bool:
    """Whether a folder holds a sweep."""
    return _file(out).is_file()


def read_sweep(out: str | Path) -> Sweep:
    """The sweep in a folder.

    Parameters
    ----------
    out : str or Path
        The folder of all runs.

    Returns
    -------
    Sweep
        With the cells of its newest grid.

    Raises
    ------
    UserError
        Where the folder holds no sweep.
    """
    folder = Path(out)
    if not is_sweep(folder):
        raise UserError(f"{folder} holds no sweep; make one with: mechgrok sweep PRESET --grid PATH=V1,V2 --out {folder}")
    found = json.loads(_file(folder).read_bytes())
    axes = {path: tuple(_hashable(value) for value in values) for path, values in found["axes"].items()}
    cells = tuple(Cell(**cell | {"path": folder / cell["path"]}) for cell in found["cells"])
    return Sweep(folder, found["preset"], axes, tuple(Trial(**trial) for trial in found["trials"]), cells)


def _hashable(value: Any) -> Any:
    """A value of JSON with lists as tuples."""
    return tuple(value) if isinstance(value, list) else value


def _file(out: Path) -> Path:
    return out / NOTES / "sweep.json"
