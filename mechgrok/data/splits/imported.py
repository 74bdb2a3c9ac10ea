"""What is known of the split of a run that was trained elsewhere."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechgrok.data.splits.split import Split
from mechgrok.errors import UserError


class Given(Split):
    """The mask stored with the run, as the imported file named its rows; no rule is known that makes it."""

    kind: Literal["given"] = "given"

    def mask(self, rows: int) -> np.ndarray:
        raise UserError("split.kind given belongs to imported runs; to train, use another one such as python-shuffle or torch-randperm")


class Unknown(Split):
    """Nobody knows which rows were trained on. What needs the split is then missing, with that reason."""

    kind: Literal["unknown"] = "unknown"

    def mask(self, rows: int) -> np.ndarray:
        raise UserError("split.kind unknown belongs to imported runs; to train, use another one such as python-shuffle or torch-randperm")
