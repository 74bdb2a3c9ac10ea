"""The task of a run that was imported from curves which name no task."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechgrok.errors import UserError
from mechgrok.tasks.task import Task

_REASON = "task.kind unknown belongs to imported curves that name no task; import them again with --p and --operation"


class Unknown(Task):
    """A task that nothing names, of an imported run that has only curves. Whatever needs its table gives this as its reason."""

    kind: Literal["unknown"] = "unknown"

    @property
    def numbers(self) -> int:
        raise UserError(_REASON)

    @property
    def vocabulary(self) -> int:
        raise UserError(_REASON)

    @property
    def classes(self) -> int:
        raise UserError(_REASON)

    def inputs(self) -> np.ndarray:
        raise UserError(_REASON)

    def labels(self) -> np.ndarray:
        raise UserError(_REASON)

    @property
    def symmetric(self) -> bool:
        """True, since the label may not depend on the order of the operands."""
        return True
