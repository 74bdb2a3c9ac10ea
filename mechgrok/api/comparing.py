"""`mechgrok.compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs import store
from mechgrok.runs.run import Run
from mechgrok.studies.comparing.comparison import Comparison, comparison_of


def compare(
    runs: Sequence[str | Path | Run] | str | Path, by: Sequence[str] | None = None, measures: Sequence[str | BaseMeasure] = ()
) -> Comparison:
    """Runs side by side, from what is stored of them: nothing is computed anew and no weights are read.

    Parameters
    ----------
    runs : sequence of str, Path or Run, or str or Path
        Runs, and folders of runs such as that of a sweep.
    by : sequence of str, optional
        The values of the config, by their path, that make the groups; by default all that vary but seeds.
    measures : sequence of str or Measure
        Measures with stored results that are shown over the checkpoints and become columns of the frame.

    Returns
    -------
    Comparison
        `frame()` is a row a run, `figures()` the figures by name, `write(folder)` the page.

    Raises
    ------
    UserError
        For a folder that holds no run, and for a value of the config that no run has.

    Examples
    --------
    >>> found = mechgrok.compare(["run"], measures=["gini"])
    >>> found.by, found.frame()["last_step"].isna().tolist(), list(found.lacking())
    ((), [True], ['gini'])
    """
    from mechgrok.engine.registry import as_measure

    words = [runs] if isinstance(runs, str | Path) else runs
    paths = dict.fromkeys(path for word in words for path in _paths(word))
    return comparison_of(list(paths), by, [as_measure(each) for each in measures])


def _paths(word: str | Path | Run) -> list[Path]:
    """The runs that a folder is or holds. Raises UserError where there are none."""
    folder = word.path if isinstance(word, Run) else Path(word)
    if (folder / store.CONFIG).is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob(f"[!.]*/{store.CONFIG}"))
    if not found:
        raise UserError(f"{folder} is no run and holds none; give runs, or a folder of runs")
    return found
