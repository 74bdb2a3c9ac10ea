"""The learning rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mechgrok.training.probes.probe import Probe

if TYPE_CHECKING:
    from mechgrok.training.probing import Seen


class LearningRate(Probe):
    """The learning rate of the update, under the name `rate`."""

    kind: Literal["learning-rate"] = "learning-rate"

    def read(self, seen: Seen) -> Iterator[tuple[str, float]]:
        yield "rate", seen.rate
