"""No corruption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from mechgrok.data.corruptions.corruption import Corruption

if TYPE_CHECKING:
    from mechgrok.tasks.task import Task


class Clean(Corruption):
    """No label is changed."""

    kind: Literal["none"] = "none"

    def labels(self, task: Task, is_train: np.ndarray) -> None:
        return None
