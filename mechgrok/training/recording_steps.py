"""The steps at which metrics and checkpoints are recorded."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechgrok.config import Config


class RecordingSteps:
    """The steps that are evaluated, and those with a checkpoint. The first and last step and the first step of a stage are both."""

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
        """Whether the weights after `step` updates are kept as a checkpoint."""
        return step in self.kept

    def evaluates(self, step: int) -> bool:
        """Whether the weights after `step` updates are evaluated; weights that are kept always are."""
        return step % self.config.training.evaluate_every == 0 or step in self.kept
