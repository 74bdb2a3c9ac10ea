"""The batches of a task in stages. They depend on (seed, step) alone.

The optimiser state is kept between stages: a stage begins with the moments at the end of the previous stage.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechgrok.config import Config
from mechgrok.data.splits.designed import Designed
from mechgrok.errors import UserError
from mechgrok.tasks.parts import Staged


class StagedBatches:
    """Batches drawn with replacement: each row from the rows of no stage with probability `rehearsal`, else from the current stage."""

    def __init__(
        self, rows: np.ndarray, stage_of_row: np.ndarray, size: int, seed: int, switch_at: Sequence[int], rehearsal: float
    ) -> None:
        """`rows` (n,) are the train rows; `stage_of_row` (n,) is the stage of each, from 0, or -1 for rows of no stage."""
        self.size = size
        self.seed = seed
        self.switch_at = np.array(switch_at)
        self.rehearsal = rehearsal
        self._of_all = rows[stage_of_row < 0]
        self._of_stage = [rows[stage_of_row == stage] for stage in range(len(switch_at) + 1)]

    def at(self, step: int) -> np.ndarray:
        """The row numbers of a step's batch (size,)."""
        draw = np.random.default_rng([self.seed, step])
        rehearsed = draw.random(self.size) < self.rehearsal
        rows = draw.choice(self._of_stage[stage(step, self.switch_at)], self.size)
        if rehearsed.any():
            rows[rehearsed] = draw.choice(self._of_all, int(rehearsed.sum()))
        return rows


def stage(step: int, switch_at: Sequence[int] | np.ndarray) -> int:
    """The stage, from 0, of the update after `step` earlier ones."""
    return int(np.searchsorted(switch_at, step, side="right"))


def check_stages(config: Config, is_train: np.ndarray) -> None:
    """Raises UserError if the stages of the task do not fit the settings of training and the split. `is_train` is (n,)."""
    training, task = config.training, config.task
    stages = task.stages if isinstance(task, Staged) else 1
    if len(training.switch_at) != stages - 1 or list(training.switch_at) != sorted(set(training.switch_at)):
        steps = f"{stages - 1} step{'s, ascending' * (stages > 2)}" if stages > 1 else "none"
        raise UserError(f"training.switch_at: this task is trained on in {stages} stage{'s' * (stages > 1)}, so give {steps}")
    if not isinstance(task, Staged):
        return
    if max(training.switch_at) >= training.steps:
        late = f"stage {stages} would begin at {max(training.switch_at)}, after all {training.steps} training.steps"
        raise UserError(f"training.switch_at: {late}; choose an earlier step")
    if not isinstance(config.split, Designed):
        raise UserError("this task fixes its held-out rows; set split.kind designed, and split.leak to train on some of them")
    if training.sampling != "replacement":
        raise UserError("a task in stages draws with replacement; set training.sampling replacement and training.batch to a number")
    of_row = task.stage_of_row()[is_train]
    empty = [each for each in range(-1 if training.rehearsal else 0, stages) if not (of_row == each).any()]
    if empty:
        missing = f"of stage {empty[0] + 1} of {stages}; name a set of it" if empty[0] >= 0 else "to rehearse; set training.rehearsal 0"
        raise UserError(f"the design has no train row {missing}")
