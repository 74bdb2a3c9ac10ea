"""Losses with 2-D Fourier modes of the logits kept, removed or scrambled, and with random modes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from mechgrok.measures.shared.evaluate import against_controls, evaluate

if TYPE_CHECKING:
    from numpy.random import Generator
    from torch import Tensor

    from mechgrok.maths.harmonic.families import Part
    from mechgrok.runs.snapshot import Snapshot

ALONE, WITH_CONSTANT, WITHOUT = "alone", "with constant", "without"
RELOCATED, RANDOMISED = "frequencies relocated", "phases randomised"


class ModeControls:
    """Losses of changed logits, and of the same changes with random modes; the latter are computed once per number of modes."""

    def __init__(self, snapshot: Snapshot, centred: Tensor, constant: Tensor, controls: int) -> None:
        from mechgrok.maths.harmonic import families

        self.snapshot, self.centred, self.constant, self.controls = snapshot, centred, constant, controls
        self.coefficients = families.transformed(centred)
        self.random = cache(self._random)

    def against_random(self, part: Tensor, modes: int) -> pd.DataFrame:
        """The losses of keeping and of removing a part, compared with those of random modes."""
        table, null = self._kept_and_removed(part), self.random(modes)
        drawn = [null["loss"][(null["intervention"] == row.intervention) & (null["split"] == row.split)] for row in table.itertuples()]
        return table.join(pd.DataFrame([against_controls(loss, each) for loss, each in zip(table["loss"], drawn, strict=True)]))

    def scrambled(self, part: Part) -> pd.DataFrame:
        """Mean loss and accuracy with the frequencies of a part relocated, and with its phases randomised."""
        from mechgrok.maths.harmonic import families

        rest = self.centred - part.values
        ways = {RELOCATED: families.relocated, RANDOMISED: families.randomised}
        return pd.concat([self._mean_of_draws(rest, part, way).assign(intervention=name) for name, way in ways.items()])

    def _random(self, modes: int) -> pd.DataFrame:
        import numpy as np

        from mechgrok.maths.harmonic import families

        generator = np.random.default_rng(0)
        masks = [families.random_modes(self.snapshot.p, modes, generator) for _ in range(self.controls)]
        return pd.concat([self._kept_and_removed(families.part_of_modes(self.coefficients, mask)) for mask in masks])

    def _kept_and_removed(self, part: Tensor) -> pd.DataFrame:
        """Losses of the three interventions; for the constant family, `with constant` is the same as `alone`."""
        others = self.constant - part.mean(0, keepdim=True)
        changed = {ALONE: lambda: part, WITH_CONSTANT: lambda: part + others, WITHOUT: lambda: self.centred - part}
        grid = self.snapshot.grid
        return pd.concat([evaluate(grid, logits()).assign(intervention=name) for name, logits in changed.items()], ignore_index=True)

    def _mean_of_draws(self, rest: Tensor, part: Part, way: Callable[[Tensor, Generator], Tensor | None]) -> pd.DataFrame:
        import numpy as np

        from mechgrok.maths.harmonic.families import Part

        generator, grid = np.random.default_rng(0), self.snapshot.grid
        tables = [way(part.table, generator) for _ in range(self.controls)]
        drawn = [evaluate(grid, rest + Part(part.index, table).values) for table in tables if table is not None]
        if not drawn:
            return evaluate(grid, self.centred).assign(loss=float("nan"), accuracy=float("nan"))
        return pd.concat(drawn).groupby("split", sort=False).mean().reset_index().astype({"rows": int})
