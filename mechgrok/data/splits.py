"""Which rows of the table are trained on: a boolean mask, drawn exactly as the published code draws it."""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mechgrok.config import Counting, Part
from mechgrok.errors import UserError

_UINT32 = 2**32


class Split(Part):
    """A rule that picks the train rows."""

    @abstractmethod
    def mask(self, rows: int) -> np.ndarray:
        """True for the train rows of a table with so many `rows`, shape (rows,)."""


class Shuffled(Split):
    """The first int(fraction * rows) of a shuffled order are train."""

    fraction: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Share of the table that is trained on."""
    seed: Counting = 0
    """Seed of the shuffle, of nothing else."""

    @abstractmethod
    def order(self, rows: int) -> list[int]:
        """The shuffled row numbers."""

    def mask(self, rows: int) -> np.ndarray:
        train = int(self.fraction * rows)
        if train == 0:
            raise UserError(
                f"split.fraction {self.fraction} of {rows} rows leaves nothing to train on; use at least {math.ceil(1e4 / rows) / 1e4}"
            )
        chosen = np.zeros(rows, dtype=bool)
        chosen[self.order(rows)[:train]] = True
        return chosen


class PythonShuffle(Shuffled):
    """`random.seed(seed); random.shuffle(rows)`: the split of Nanda et al. 2023 (arXiv 2301.05217) and Furuta et al. 2024."""

    kind: Literal["python-shuffle"] = "python-shuffle"

    def order(self, rows: int) -> list[int]:
        order = list(range(rows))
        random.Random(self.seed).shuffle(order)
        return order


class TorchRandperm(Shuffled):
    """`torch.manual_seed(seed); torch.randperm(rows)`: the split of TransformerLens' grokking demo (its seed is 598)."""

    kind: Literal["torch-randperm"] = "torch-randperm"

    def order(self, rows: int) -> list[int]:
        # torch's CPU randperm is a Fisher-Yates shuffle on raw MT19937 words, which numpy's legacy generator gives too.
        words = np.random.RandomState(self.seed % _UINT32).randint(0, _UINT32, size=max(rows - 1, 0), dtype=np.uint32)
        offsets = words.astype(np.int64) % (rows - np.arange(rows - 1)) if rows > 1 else words
        order = list(range(rows))
        for i, offset in enumerate(offsets.tolist()):
            order[i], order[i + offset] = order[i + offset], order[i]
        return order


class Given(Split):
    """The mask stored with the run, as the imported file named its rows; no rule is known that makes it."""

    kind: Literal["given"] = "given"

    def mask(self, rows: int) -> np.ndarray:
        raise UserError("split.kind given belongs to imported runs; to train, use python-shuffle or torch-randperm")


class Unknown(Split):
    """Nobody knows which rows were trained on. What needs the split is then missing, with that reason."""

    kind: Literal["unknown"] = "unknown"

    def mask(self, rows: int) -> np.ndarray:
        raise UserError("split.kind unknown belongs to imported runs; to train, use python-shuffle or torch-randperm")
