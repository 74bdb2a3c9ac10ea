"""What measures share that sample networks around the weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mechgrok.measures.base.measure import Measure, Missing
from mechgrok.measures.shared.by_split import UNKNOWN_SPLIT
from mechgrok.measures.weights.train_loss import needs_train_rows

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.maths.landscape.langevin import OfWeights, Sampler
    from mechgrok.runs.run import Run
    from mechgrok.runs.snapshot import Snapshot

Positive = Annotated[float, Field(gt=0)]
DIVERGED = Missing("a chain diverged; set a smaller epsilon")


@dataclass(frozen=True)
class AroundWeights(Measure):
    """Base class of measures that sample networks around the weights w_0 by Langevin dynamics, from the posterior of the train loss."""

    streams: ClassVar[bool] = True
    cost: ClassVar[Literal["cheap", "expensive"]] = "expensive"
    has_null: ClassVar[bool] = False
    """With renamed tokens the weights are at no minimum, around which the posterior is sampled."""

    epsilon: Positive = 3e-5
    """Step size."""
    gamma: Positive = 1000.0
    """Strength of the restoring force to the weights of the network."""
    chains: Annotated[int, Field(ge=2)] = 3
    draws: Annotated[int, Field(ge=4)] = 60
    """Of each chain, after the burn-in."""
    burn_in: Annotated[int, Field(ge=0)] = 100
    rows: Annotated[int, Field(ge=2)] = 4000
    """Rows of a split that are used, at most; drawn once."""
    seed: Annotated[int, Field(ge=0)] = 0

    def obstacle(self, run: Run) -> str | None:
        from mechgrok.maths.landscape import langevin

        if not langevin.installed():
            return "this needs the library devinterp; install mechgrok[llc]"
        too_few = "the sampler needs at least two train rows"
        known = run.grid.subsets.get("train", run.grid.subsets["all"])
        return needs_train_rows(run) or (too_few if int(known.sum()) < 2 else super().obstacle(run))

    def caption(self) -> str:
        steps = f"{self.chains} chains of {self.burn_in} steps of burn-in and {self.draws} draws"
        return f"{super().caption()} epsilon = {self.epsilon:g}, gamma = {self.gamma:g}; {steps}."

    def rows_of(self, snapshot: Snapshot, split: str) -> Tensor:
        """Indices of the rows of a split that are used (n,); of all rows where the split is unknown."""
        import torch

        subsets = snapshot.grid.subsets
        index = subsets.get(split, subsets["all"]).nonzero()[:, 0]
        order = torch.randperm(len(index), generator=torch.Generator().manual_seed(self.seed))
        return index[order[: self.rows].sort().values]

    def sampler(self, n: int) -> Sampler:
        """The sampler for a loss over n rows, with n_beta = n / log n."""
        from mechgrok.maths.landscape.langevin import Sampler

        return Sampler(self.epsilon, n / math.log(n), self.gamma, self.chains, self.draws, self.burn_in, self.seed)


def needs_test_rows(run: Run) -> str | None:
    """Obstacle of measures that compare train and test rows."""
    if "test" not in run.grid.subsets:
        return UNKNOWN_SPLIT
    return None if bool(run.grid.subsets["test"].any()) else "this run has no test rows"


def in_float32(snapshot: Snapshot) -> dict[str, Tensor]:
    """w_0 by name, in float32."""
    return {name: tensor.float() for name, tensor in snapshot.weights.items()}


def mean_loss(snapshot: Snapshot, index: Tensor) -> OfWeights:
    """Mean cross-entropy over some rows, as a function of the weights that can be differentiated."""
    from mechgrok.maths.landscape import losses

    logits, labels = _logits(snapshot, index), snapshot.grid.trained_labels[index]
    return lambda weights: losses.cross_entropy(logits(weights), labels)


def row_losses(snapshot: Snapshot, index: Tensor) -> OfWeights:
    """Cross-entropy of each of some rows (n,), as a function of the weights."""
    from mechgrok.maths.landscape import losses

    logits, labels = _logits(snapshot, index), snapshot.grid.trained_labels[index]
    return lambda weights: losses.per_example(logits(weights), labels)


def _logits(snapshot: Snapshot, index: Tensor) -> OfWeights:
    """Logits of some rows over all classes (n, classes), as a function of the weights."""
    import torch

    from mechgrok.models.forward.tables import Batch

    batch = Batch.of(torch.from_numpy(snapshot.grid.task.inputs_at(snapshot.grid.rows[index].numpy())))
    return lambda weights: snapshot.architecture.logits(weights, batch)
