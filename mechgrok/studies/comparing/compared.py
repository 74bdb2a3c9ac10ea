"""One run of a comparison: config, curves and times, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mechgrok.report.curves import Curve, Reached, curves, times
from mechgrok.report.varying import SEED, flat, is_seed
from mechgrok.runs.run_files import RunFiles


@dataclass(frozen=True)
class Compared:
    """A run."""

    path: Path
    name: str
    config: Mapping[str, Any]
    """The values of its config by their dotted path."""

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """The recorded curves of train and test rows."""
        return curves(self.path)

    @cached_property
    def times(self) -> dict[str, Reached]:
        """When the train and the test accuracy were reached, by split."""
        return times(self.path, self.curves)

    @property
    def last_step(self) -> int | None:
        """The step of the last reading; None where nothing was recorded."""
        return max((int(curve.step[-1]) for curve in self.curves.values()), default=None)

    @cached_property
    def last_checkpoint(self) -> int | None:
        """The step of the last checkpoint."""
        return max(RunFiles(self.path).steps, default=None)

    def value(self, path: str) -> Any:
        """A value of its config; `seed` is the first seed. None where it has none."""
        if path == SEED:
            return next((value for name, value in self.config.items() if is_seed(name)), None)
        return self.config.get(path)


def read(paths: Sequence[Path]) -> tuple[Compared, ...]:
    """The runs in some folders, by the names of the folders where these differ, else by their paths."""
    names = [path.resolve().name for path in paths]
    shown = names if len(set(names)) == len(names) else [path.as_posix() for path in paths]
    return tuple(Compared(path, name, flat(RunFiles(path).stored_config)) for path, name in zip(paths, shown, strict=True))
