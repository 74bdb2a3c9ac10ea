"""What a file in this folder defines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from mechgrok.config import Config


@dataclass(frozen=True)
class Preset:
    """A ready-made config under a name, which is built when it is first read.

    Attributes
    ----------
    about : str
        One line for `mechgrok list presets`.
    make : callable
        Returns the config. A function, since a task may draw its table when it is built.

    Examples
    --------
    >>> from mechgrok.training.presets import PRESETS
    >>> PRESETS["demo"].config.task.p
    59
    """

    about: str
    make: Callable[[], Config]

    @cached_property
    def config(self) -> Config:
        """The config, the same object at each reading."""
        return self.make()
