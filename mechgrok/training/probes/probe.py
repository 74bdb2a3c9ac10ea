"""What can only be seen while training. torch is imported where it is used, since configs are read without it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mechgrok.config import Part

if TYPE_CHECKING:
    from mechgrok.training.probing import Seen


class Probe(Part):
    """What is read of an update, at every step whose weights are evaluated, into probes.csv."""

    @abstractmethod
    def read(self, seen: Seen) -> Iterator[tuple[str, float]]:
        """Names and values; what is of one parameter under its TransformerLens name, of all as one vector under `total`."""
