"""Progress of an analysis in a notebook."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Tick = Callable[[int, int], None]
"""Called after each checkpoint with the number of checkpoints done and their total."""


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def notebook_bar() -> Any:
    """The class of tqdm's bars for notebooks, which without ipywidgets are text; that they are missing is no news to warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    return tqdm


@contextmanager
def shown(tick: Tick | None) -> Iterator[Tick | None]:
    """The tick; without one a progress bar in notebooks, and nothing elsewhere."""
    if tick is not None or not in_notebook():
        yield tick
        return
    with notebook_bar()(unit="checkpoint", leave=False) as bar:

        def move(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield move
