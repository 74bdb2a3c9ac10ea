"""The learning rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mechgrok.training.probes.probe import Probe, UpdateDetails


class LearningRate(Probe):
    """The learning rate of the update, under the name `rate`."""

    kind: Literal["learning-rate"] = "learning-rate"

    def read(self, update: UpdateDetails) -> Iterator[tuple[str, float]]:
        yield "rate", update.rate
