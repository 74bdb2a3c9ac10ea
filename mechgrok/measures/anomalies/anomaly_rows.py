"""Which rows are anomalous, and which are trusted to be clean."""

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
    """What is to be found."""
    pool: Tensor
    """The clean train rows that detectors are fitted to, but for those that are called anomalous."""
    out: Tensor
    """Rows that are anomalous indeed, which no control holds; none of a clean run."""
    splits: Mapping[str, Tensor]
    """All rows of train and of test."""
    b: Tensor
    """The second operand, which rows are clustered by (n,)."""
    by_operand: bool
    """Whether the second operand decides what is anomalous."""

    @classmethod
    def of(cls, grid: Grid, share: float, divisor: int, seed: int) -> AnomalyRows:
        """Trigger rows, of a clean run those with b mod divisor = 0; poisoned rows where no row is a trigger."""
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
    def judged(self) -> dict[str, Tensor]:
        """The rows of train and of test that detectors are asked about: all that are not trusted."""
        return {split: rows & ~self.trusted for split, rows in self.splits.items()}

    def controls(self, count: int, seed: int) -> Iterator[AnomalyRows]:
        """The same of random sets of clean rows that are called anomalous: as many values of b, or as many train rows.

        The real anomalous rows are left out. None where too few others are left.
        """
        generator = np.random.default_rng(seed)
        draw = self._other_operands if self.by_operand else self._other_rows
        splits = {split: rows & ~self.out for split, rows in self.splits.items()}
        for _ in range(count):
            called = draw(generator)
            if called is None:
                return
            yield replace(self, anomalous=called, splits=splits)

    def _other_operands(self, generator: np.random.Generator) -> Tensor | None:
        import torch

        count = len(self.b[self.anomalous].unique())
        others = np.setdiff1d(self.b, self.b[self.out])
        if len(others) < count + 2:
            return None
        return torch.isin(self.b, torch.from_numpy(generator.choice(others, count, replace=False)))

    def _other_rows(self, generator: np.random.Generator) -> Tensor | None:
        import torch

        others = np.flatnonzero((self.judged["train"] & ~self.out).numpy())
        count = int(self.anomalous.sum())
        if len(others) <= count:
            return None
        chosen = torch.from_numpy(generator.choice(others, count, replace=False))
        return torch.zeros_like(self.anomalous).index_fill_(0, chosen, True)


@dataclass(frozen=True)
class OnAnomalies(Keyed):
    """A measure of how anomalous rows are told from clean ones, by detectors that are fitted to trusted rows."""

    trusted: Annotated[float, Field(gt=0, lt=1)] = 0.5
    divisor: Annotated[int, Field(ge=1)] = 17
    seed: Annotated[int, Field(ge=0)] = 0

    def obstacle(self, run: Run) -> str | None:
        return super().obstacle(run) or needs_neurons(run) or needs_all_pairs(run, self.basis_in(run.task)) or self._untrusted(run)

    def rows(self, grid: Grid) -> AnomalyRows:
        """The rows of a grid with a known split."""
        return AnomalyRows.of(grid, self.trusted, self.divisor, self.seed)

    def _untrusted(self, run: Run) -> str | None:
        if run.is_train is None:
            return f"{UNKNOWN_SPLIT}, so no row can be trusted to be clean"
        view = self.basis_in(run.task)
        count = int(self.rows(run.grid if view in (None, run.grid.chart.basis) else _through(run.grid, view)).trusted.sum())
        return None if count > 1 else f"only {count} of the clean train rows would be trusted; detectors take two at least"


def _through(grid: Grid, basis: str) -> Grid:
    from mechgrok.tasks.charts import chart

    found = chart(basis, grid.task.numbers)  # type: ignore[arg-type]
    assert found is not None, "a basis that is missing is the first obstacle"
    return grid.in_chart(found)


def _anomalous(grid: Grid, divisor: int) -> tuple[Tensor, bool]:
    """The mask, and whether it is one of the second operand."""
    import torch

    labels = grid.corrupted
    if labels is None:
        return torch.from_numpy(grid.task.operands())[grid.rows, 1] % divisor == 0, True
    by_operand = bool(labels.trigger.any())
    return torch.from_numpy(labels.trigger if by_operand else labels.poisoned)[grid.rows], by_operand
