"""What an audit reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mechgrok.errors import UserError, one_line


@dataclass(frozen=True)
class Finding:
    """A file of a run that does not agree with the others."""

    place: str
    """The file or folder, relative to the run."""
    text: str

    def __str__(self) -> str:
        return one_line(f"{self.place}: {self.text}")


@contextmanager
def refusals(place: str, add: Callable[[Finding], None]) -> Iterator[None]:
    """Turns a UserError of the block into a finding."""
    try:
        yield
    except UserError as error:
        add(Finding(place, str(error)))
