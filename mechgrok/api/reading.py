"""`mechgrok.extract`, `explain`, `verify` and `presets`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mechgrok.engine.outcomes import Outcomes
from mechgrok.errors import UserError
from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.runs.run import Run, open_run

if TYPE_CHECKING:
    from mechgrok.extraction import Extraction
    from mechgrok.verification.check import Check


def presets() -> pd.DataFrame:
    """The presets that `train` takes.

    Returns
    -------
    DataFrame
        A row a preset, with its name as the index and the column about.

    Examples
    --------
    >>> "nanda2023" in mechgrok.presets().index
    True
    """
    from mechgrok.training.presets import PRESETS

    return pd.DataFrame({"about": {name: preset.about for name, preset in PRESETS.items()}}).rename_axis("preset")


def extract(run: str | Path | Run, step: int | None = None, keys: Sequence[int] = ()) -> Extraction:
    """The function of a network as a short Python program of a few waves, and how well the two agree.

    Parameters
    ----------
    run : str, Path or Run
        The run.
    step : int, optional
        A checkpoint; by default the last.
    keys : sequence of int
        Frequencies to use; by default those whose wave has similarity above .05 with the logits.

    Returns
    -------
    Extraction
        Its `source` is the program, `fidelity` the agreement; `write(path)` stores both.

    Raises
    ------
    UserError
        For a task whose labels follow no formula of the operands.

    Examples
    --------
    >>> found = mechgrok.extract(run, keys=[1, 2])
    >>> [wave.frequency for wave in found.program.waves], found.step
    ([1, 2], 20)
    """
    from mechgrok.extraction import extract as extracted

    return extracted(run if isinstance(run, Run) else open_run(run), step, tuple(keys))


@dataclass(frozen=True)
class Explanation:
    """The description of a measure, and all its variants on a run, where one was given; `mechgrok.explain` makes it.

    Jupyter shows it as its text.

    Attributes
    ----------
    text : str
        Definition, fields, columns and source, in Markdown.
    variants : Outcomes
        The outcome of every variant at the last checkpoint; empty without a run.

    Examples
    --------
    >>> found = mechgrok.explain("gini")
    >>> found.text.splitlines()[0], len(found.variants)
    ('# Gini coefficient of the Fourier components', 0)
    """

    text: str
    variants: Outcomes

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


def explain(measure: str | BaseMeasure | type[BaseMeasure], run: str | Path | Run | None = None) -> Explanation:
    """What a measure is: definition, fields, columns, source.

    Parameters
    ----------
    measure : str, Measure or class
        The measure, or its name.
    run : str, Path or Run, optional
        A run, on whose last checkpoint all variants are computed; nothing is stored in it.

    Returns
    -------
    Explanation
        Shown as its text; `variants` holds the outcomes by label.

    Raises
    ------
    UserError
        For an unknown measure.

    Examples
    --------
    >>> mechgrok.explain("gini").text.splitlines()[0]
    '# Gini coefficient of the Fourier components'
    >>> list(mechgrok.explain("weight-norms", run).variants)
    ['weight-norms']
    """
    from mechgrok.report.catalogue import page

    found = _kind(measure)
    return Explanation(page(found, [], None), Outcomes() if run is None else variants_on(found, run))


def variants_on(measure: type[BaseMeasure], run: str | Path | Run) -> Outcomes:
    """The outcome of every variant of a measure at the last checkpoint of a run, in which nothing is stored."""
    from mechgrok.engine.analyze import analyze
    from mechgrok.report.catalogue import variants

    with _beside(run if isinstance(run, Run) else open_run(run)) as copy:
        return analyze(copy, variants(measure), steps="last", nulls=0)


def _kind(measure: str | BaseMeasure | type[BaseMeasure]) -> type[BaseMeasure]:
    from mechgrok.engine.registry import measures, nearest_measure

    if isinstance(measure, type):
        return measure
    if isinstance(measure, BaseMeasure):
        return type(measure)
    if measure not in measures():
        raise UserError(f"unknown measure {measure}{nearest_measure(measure)}")
    return measures()[measure]


@contextmanager
def _beside(run: Run) -> Iterator[Run]:
    """The run in a folder of its own, so that its own folder and report get no further results."""
    with tempfile.TemporaryDirectory() as folder:
        for path in run.path.resolve().iterdir():
            if path.name not in ("results", "report"):
                (Path(folder) / path.name).symlink_to(path)
        yield run.at(Path(folder))


def verify(oracles: str | Path | None = None) -> pd.DataFrame:
    """Check the measures against laws, networks built by hand and, with the files of their authors, published numbers.

    Parameters
    ----------
    oracles : str or Path, optional
        The folder of published files.

    Returns
    -------
    DataFrame
        A row a number: source, quantity, expected, got, difference, tolerance, holds.

    Raises
    ------
    UserError
        If the folder does not exist.

    Examples
    --------
    >>> mechgrok.verify().holds.all()  # doctest: +SKIP
    True
    """
    if oracles is not None and not Path(oracles).is_dir():
        raise UserError(f"there is no folder {oracles}; give the folder of published files")
    rows = [(source, check) for source, check in checks(Path(oracles) if oracles else None) if check is not None]
    return pd.DataFrame([{"source": source, **_row(check)} for source, check in rows])


def _row(check: Check) -> dict[str, Any]:
    shown = {name: getattr(check, name) for name in ("quantity", "expected", "got", "difference")}
    return shown | {"tolerance": str(check.tolerance), "holds": check.holds}


def checks(oracles: Path | None) -> Iterator[tuple[str, Check | None]]:
    """Every check after the title of its source; a published file that is not there is a title without a check."""
    from mechgrok.verification import laws, scoring
    from mechgrok.verification.source import sources

    yield from (("Laws and planted logits", check) for check in laws.checks())
    yield from (("Networks built by hand", score.check) for score in scoring.scores())
    for source in sources() if oracles else ():
        assert oracles is not None
        if (oracles / source.file).is_file():
            yield from ((f"{source.file}: {source.citation}", check) for check in source.checks(oracles / source.file))
        else:
            yield f"{source.file}: not in {oracles}, left out", None
