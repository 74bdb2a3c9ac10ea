"""The splits of runs that were trained elsewhere and imported."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechgrok.data.splits.split import Split
from mechgrok.errors import UserError


class Given(Split):
    """The train mask of an imported file, stored with the run. No rule is known that gives this mask."""

    kind: Literal["given"] = "given"

    def mask(self, rows: int) -> np.ndarray:
        raise UserError("split.kind given belongs to imported runs; to train, use another one such as python-shuffle or torch-randperm")


class Unknown(Split):
    """The train rows are not known. Results that need the split are missing, with this reason."""

    kind: Literal["unknown"] = "unknown"

    def mask(self, rows: int) -> np.ndarray:
        raise UserError("split.kind unknown belongs to imported runs; to train, use another one such as python-shuffle or torch-randperm")
