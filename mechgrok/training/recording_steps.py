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
    def _chosen(self) -> frozenset[int]:
        """Steps with a checkpoint beside the regular ones, which may be too many to list."""
        wanted = self.config.checkpoints
        spaced = np.geomspace(1, max(self.steps, 1), wanted.log_spaced).round().astype(int).tolist() if wanted.log_spaced else []
        return frozenset({0, self.steps, *spaced, *wanted.at, *self.config.training.switch_at})

    def keeps(self, step: int) -> bool:
        """Whether the weights after `step` updates are kept as a checkpoint."""
        every = self.config.checkpoints.every
        return step <= self.steps and (step in self._chosen or (every > 0 and step % every == 0))

    def evaluates(self, step: int) -> bool:
        """Whether the weights after `step` updates are evaluated; weights that are kept always are."""
        return step % self.config.training.evaluate_every == 0 or self.keeps(step)
