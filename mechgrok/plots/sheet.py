"""The place that figures are made for: how wide they may be, and which panel is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

TEXT = 13
"""Size in pixels of the text of every figure as it is designed."""
POINTS = 72
"""Points in an inch."""


@dataclass(frozen=True)
class Sheet:
    """What a figure must fit.

    Attributes
    ----------
    width : int, optional
        The width of the figure in pixels; None where each figure has its own.
    panel : str
        The letter of the only panel that is wanted; empty for all.
    """

    width: int | None = None
    panel: str = ""


_current: ContextVar[Sheet] = ContextVar("sheet", default=Sheet())  # noqa: B039 - frozen


def current() -> Sheet:
    """The sheet that figures are made for."""
    return _current.get()


@contextmanager
def on(sheet: Sheet) -> Iterator[None]:
    """Figures that are made inside fit a sheet.

    Parameters
    ----------
    sheet : Sheet
        The sheet.

    Examples
    --------
    >>> from mechgrok.plots import sheet
    >>> from mechgrok.plots.primitives import histogram
    >>> with sheet.on(sheet.Sheet(width=380)):
    ...     figure = histogram([0.1, 0.2])
    >>> figure.layout.width
    380
    """
    token = _current.set(sheet)
    try:
        yield
    finally:
        _current.reset(token)


def pixels(inches: float, points: float) -> int:
    """The width in pixels of a design that has text of so many points when it is that many inches wide.

    Parameters
    ----------
    inches : float
        The width of the figure in print.
    points : float
        The size of its text in print.

    Returns
    -------
    int
        inches * 72 / points * TEXT, since text is TEXT pixels high in the design.

    Examples
    --------
    >>> from mechgrok.plots.sheet import pixels
    >>> pixels(3.25, 8)
    380
    """
    return round(inches * POINTS / points * TEXT)
