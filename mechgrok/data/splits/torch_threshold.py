"""A threshold on the random permutation of torch."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mechgrok.data.splits.split import RandomSplit
from mechgrok.data.splits.torch_randperm import shuffle
from mechgrok.errors import UserError


class TorchThreshold(RandomSplit):
    """`torch.manual_seed(seed); torch.randperm(m * m).reshape(m, m) > test_fraction * m * m`: the split of aisc_oocl_mod_experiments."""

    kind: Literal["torch-threshold"] = "torch-threshold"
    test_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share that is held out: the floor(test_fraction * rows) + 1 rows whose number in the permutation, from 0, is at most that share."""

    def mask(self, rows: int) -> np.ndarray:
        # Bytes in place of row numbers: half a minute less where there are nine million rows.
        above = bytearray(np.arange(rows) > self.test_fraction * rows)
        shuffle(above, self.seed)
        chosen = np.frombuffer(above, dtype=bool)
        if not chosen.any():
            raise UserError(f"split.test_fraction {self.test_fraction} of {rows} rows leaves nothing to train on; use a smaller one")
        return chosen
