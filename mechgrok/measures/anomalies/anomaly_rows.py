"""The anomalous rows, and the trusted rows that detectors are fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from mechgrok.measures.base.keyed import Keyed
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT
from mechgrok.measures.shared.obstacles import needs_all_pairs, needs_neurons
from mechgrok.runs.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.grid import Grid

SPLITS = ("train", "test")


@dataclass(frozen=True)
class AnomalyRows:
    """Masks (n,) over the rows of a grid."""

    anomalous: Tensor
    """The rows that detectors should find."""
    pool: Tensor
    """The random share of the clean train rows; detectors are fitted to those that are not anomalous."""
    out: Tensor
    """The rows with corrupted labels or triggers, which are in no control; none in a clean run."""
    splits: Mapping[str, Tensor]
    """The train rows and the test rows."""
    b: Tensor
    """The second operand (n,), the clusters of the bootstrap."""
    by_operand: bool
    """Whether the second operand determines the anomalous rows."""

    @classmethod
    def of(cls, grid: Grid, share: float, divisor: int, seed: int) -> AnomalyRows:
        """The anomalous rows: triggers; poisoned rows where no row is a trigger; in a clean run those with b mod divisor = 0."""
        import torch

        anomalous, by_operand = _anomalous(grid, divisor)
        out = torch.zeros_like(anomalous) if grid.corrupted is None else anomalous
        clean = np.flatnonzero((grid.subsets["train"] & ~out).numpy())
        chosen = np.random.default_rng(seed).permutation(clean)[: round(share * len(clean))]
        pool = torch.zeros_like(anomalous).index_fill_(0, torch.from_numpy(chosen), True)
        return cls(anomalous, pool, out, {split: grid.subsets[split] for split in SPLITS}, grid.operands[:, 1], by_operand)

    @cached_property
    def trusted(self) -> Tensor:
        """The rows that detectors are fitted to."""
        return self.pool & ~self.anomalous

    @cached_property
    def evaluated(self) -> dict[str, Tensor]:
        """The train and test rows on which detectors are evaluated: all that are not trusted."""
        return {split: rows & ~self.trusted for split, rows in self.splits.items()}

    def controls(self, count: int, seed: int) -> Iterator[AnomalyRows]:
        """Random sets of clean rows in the place of the anomalous ones: as many values of b, or as many train rows.

        The anomalous rows are left out. No sets where too few clean rows remain.
        """
        generator = np.random.default_rng(seed)
        draw = self._other_operands if self.by_operand else self._other_rows
        splits = {split: rows & ~self.out for split, rows in self.splits.items()}
        for _ in range(count):
            chosen = draw(generator)
            if chosen is None:
                return
            yield replace(self, anomalous=chosen, splits=splits)

    def _other_operands(self, generator: np.random.Generator) -> Tensor | None:
        import torch

        count = len(self.b[self.anomalous].unique())
        others = np.setdiff1d(self.b, self.b[self.out])
        if len(others) < count + 2:
            return None
        return torch.isin(self.b, torch.from_numpy(generator.choice(others, count, replace=False)))

    def _other_rows(self, generator: np.random.Generator) -> Tensor | None:
        import torch

        others = np.flatnonzero((self.evaluated["train"] & ~self.out).numpy())
        count = int(self.anomalous.sum())
        if len(others) <= count:
            return None
        chosen = torch.from_numpy(generator.choice(others, count, replace=False))
        return torch.zeros_like(self.anomalous).index_fill_(0, chosen, True)


@dataclass(frozen=True)
class OnAnomalies(Keyed):
    """Base class of measures of detectors of anomalous rows, which are fitted to trusted rows."""

    trusted: Annotated[float, Field(gt=0, lt=1)] = 0.5
    divisor: Annotated[int, Field(ge=1)] = 17
    seed: Annotated[int, Field(ge=0)] = 0

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_neurons(run) or needs_all_pairs(run, self.basis_in(run.task)) or self._needs_trusted_rows(run)

    def rows(self, grid: Grid) -> AnomalyRows:
        """The rows of a grid with a known split."""
        return AnomalyRows.of(grid, self.trusted, self.divisor, self.seed)

    def _needs_trusted_rows(self, run: Run) -> str | None:
        if run.is_train is None:
            return f"{UNKNOWN_SPLIT}, so no row is known to be a clean train row"
        view = self.basis_in(run.task)
        count = int(self.rows(run.grid if view in (None, run.grid.chart.basis) else _in_chart(run.grid, view)).trusted.sum())
        return None if count > 1 else f"detectors need two trusted rows, and the share of the clean train rows is {count}"


def _in_chart(grid: Grid, basis: str) -> Grid:
    from mechgrok.tasks.charts import chart

    found = chart(basis, grid.task.numbers)  # type: ignore[arg-type]
    assert found is not None, "a missing basis is an earlier obstacle"
    return grid.in_chart(found)


def _anomalous(grid: Grid, divisor: int) -> tuple[Tensor, bool]:
    """The mask of the anomalous rows, and whether the second operand determines it."""
    import torch

    labels = grid.corrupted
    if labels is None:
        return torch.from_numpy(grid.task.operands())[grid.rows, 1] % divisor == 0, True
    by_operand = bool(labels.trigger.any())
    return torch.from_numpy(labels.trigger if by_operand else labels.poisoned)[grid.rows], by_operand
