"""mechgrok explain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from mechgrok.cli import flags
from mechgrok.errors import UserError

if TYPE_CHECKING:
    from mechgrok.measures.base.measure import BaseMeasure


def main(arguments: list[str]) -> int:
    """Explains a measure."""
    return flags.call(_explain, arguments, "explain")


def _explain(
    measure: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MEASURE")],
    path: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[RUN]")] = None,
    run: Path | None = None,
) -> int:
    """Says what a measure is: definition, variants, columns, source.

    Args:
        measure: Its name; mechgrok list measures shows them.
        path: A run, on whose last checkpoint all variants are computed and put side by side.
        run: The same run, as a flag.
    """
    from mechgrok.engine.registry import measures, nearest_measure

    if measure not in measures():
        raise UserError(f"unknown measure {measure}{nearest_measure(measure)}")
    found, path = measures()[measure], path or run
    if path is None:
        _say(found)
    else:
        _compare(found, path)
    return 0


def _say(measure: type[BaseMeasure]) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    from mechgrok.report.catalogue import page

    text = page(measure, [], None)
    console = Console()
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        print(text, end="")


def _compare(measure: type[BaseMeasure], path: Path) -> None:
    """The headline of every variant at the run's last checkpoint."""
    from mechgrok.api.reading import variants_on
    from mechgrok.engine.outcomes import Result
    from mechgrok.runs.run import open_run

    run = open_run(path)
    print(f"{measure.title}, {run.name}" + ("" if run.curves_only else f" at step {run.last_step}"))
    for label, outcome in variants_on(measure, run).items():
        print(f"\n{label}")
        lines = outcome.headline | outcome.missing if isinstance(outcome, Result) else {"not applicable": outcome.reason}
        width = max(map(len, lines))
        for key, value in lines.items():
            print(f"  {key:<{width}}  {_show(value)}")


def _show(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_show(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_show, value)) or "none"
    return str(value)
