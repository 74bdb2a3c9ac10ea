"""A comparison of runs: the frame, the figures and the page, all from stored files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.report.varying import varying
from mechgrok.studies.comparing.compared import read
from mechgrok.studies.comparing.groups import check_by, default_by
from mechgrok.studies.comparing.stored_runs import StoredRuns


@dataclass(frozen=True)
class Comparison(StoredRuns):
    """Several runs side by side. Nothing is computed anew, and no weights are read.

    Attributes
    ----------
    runs : tuple of Compared
        The runs.
    varying : mapping of str to list
        The values of each run that differ, by their path.
    by : tuple of str
        The values of the config that make the groups.
    measures : tuple of Measure
        Those that were named; they are shown over the checkpoints.

    Examples
    --------
    >>> mechgrok.compare(["run"]).frame()["run"].tolist()
    ['run']
    """

    def lines(self) -> list[str]:
        """How many runs of each group generalised, and the runs without results, in lines.

        Returns
        -------
        list of str
        """
        from mechgrok.studies.comparing.page import text_lines

        return text_lines(self)

    def write(self, out: str | Path) -> Path:
        """Write the page and the table.

        Parameters
        ----------
        out : str or Path
            A folder, in which index.html and runs.csv are written.

        Returns
        -------
        Path
            The page.
        """
        from mechgrok.studies.comparing.page import write

        return write(self, Path(out))


def comparison_of(paths: Sequence[Path], by: Sequence[str] | None, measures: Sequence[BaseMeasure]) -> Comparison:
    """The comparison of the runs in some folders; `by` None is all that varies but seeds.

    Raises UserError without runs, and for a path of the config that no run has.
    """
    if not paths:
        raise UserError("name runs, or a folder of runs")
    runs = read(paths)
    check_by(by or (), runs)
    found = varying([run.config for run in runs])
    return Comparison(runs, found, default_by([*found]) if by is None else tuple(by), tuple(measures))
