"""At which steps something is written."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechgrok.config import Config


class RecordingSteps:
    """The steps that are evaluated and the steps that are kept; the first and the last are both, and so is where a stage begins."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.steps = config.training.steps

    @cached_property
    def kept(self) -> frozenset[int]:
        """Steps with a checkpoint."""
        wanted = self.config.checkpoints
        regular = range(0, self.steps + 1, wanted.every) if wanted.every else ()
        spaced = np.geomspace(1, max(self.steps, 1), wanted.log_spaced).round().astype(int).tolist() if wanted.log_spaced else []
        return frozenset(
            step for step in {0, self.steps, *regular, *spaced, *wanted.at, *self.config.training.switch_at} if step <= self.steps
        )

    def keeps(self, step: int) -> bool:
        """Whether the weights after so many updates are kept."""
        return step in self.kept

    def evaluates(self, step: int) -> bool:
        """Whether the weights after so many updates are evaluated; those that are kept always are."""
        return step % self.config.training.evaluate_every == 0 or step in self.kept
