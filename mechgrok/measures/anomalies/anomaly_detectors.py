"""Eight scores of how anomalous a row is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

RIDGE = 1e-3
"""Ridge of the covariance in the Mahalanobis distance, as a share of the mean variance of the neurons."""


class Detectors:
    """Scores of all rows of a snapshot (n,), higher for more anomalous rows, given its key frequencies and the trusted rows."""

    def __init__(self, snapshot: Snapshot, keys: list[int]) -> None:
        self.snapshot, self.keys = snapshot, keys

    def scores(self, name: str, trusted: Tensor) -> Tensor:
        """The scores of a detector by its name; those of detectors that are not fitted are cached."""
        if name in FITTED:
            return FITTED[name](self, trusted)
        if name not in self._unfitted:
            self._unfitted[name] = PLAIN[name](self)
        return self._unfitted[name]

    @cached_property
    def _unfitted(self) -> dict[str, Tensor]:
        return {}

    def _logit_residual(self, trusted: Tensor) -> Tensor:
        from mechgrok.maths.statistics import outliers

        return outliers.off_profile(self.snapshot.logits, self.snapshot.grid.phase, self.keys, trusted)

    def _neuron_residual(self, trusted: Tensor) -> Tensor:
        from mechgrok.maths.statistics import outliers

        return outliers.misfit(self.snapshot.neurons, self._polynomials, trusted)

    def _mahalanobis(self, trusted: Tensor) -> Tensor:
        from mechgrok.maths.statistics import outliers

        return outliers.mahalanobis(self.snapshot.neurons, trusted, RIDGE)

    def _second_operand(self, trusted: Tensor) -> Tensor:
        return self._misfit_of_b(self._means, trusted)

    def _embedding(self, trusted: Tensor) -> Tensor:
        return self._misfit_of_b(self.snapshot.embedding, trusted)

    def _misfit_of_b(self, values: Tensor, trusted: Tensor) -> Tensor:
        """Distance of functions of b (p, m) from their fit by the key frequencies, fitted over the b of trusted rows."""
        import torch

        from mechgrok.maths.statistics import outliers

        b, p = self.snapshot.grid.operands[:, 1], self.snapshot.p
        known = torch.zeros(p, dtype=torch.bool).index_fill_(0, b[trusted], True)
        return outliers.misfit(values, outliers.waves_of(p, self.keys, torch.arange(p)), known)[b]

    def _other_frequencies(self) -> Tensor:
        from mechgrok.maths.harmonic import ablation

        logits = self.snapshot.logits
        others = logits - logits.mean(1, keepdim=True) - ablation.part_of_rows(logits, self.keys)
        return others.gather(1, self.snapshot.predictions[:, None])[:, 0]

    def _margin(self) -> Tensor:
        first, second = self.snapshot.logits.topk(2, dim=1).values.T
        return second - first

    def _loss(self) -> Tensor:
        return self.snapshot.losses_against(self.snapshot.grid.trained_labels)

    @cached_property
    def _polynomials(self) -> Tensor:
        from mechgrok.maths.statistics import outliers

        return outliers.polynomials(self.snapshot.p, self.keys, self.snapshot.grid.operands)

    @cached_property
    def _means(self) -> Tensor:
        from mechgrok.maths.statistics import outliers

        return outliers.mean_of_each(self.snapshot.neurons, self.snapshot.grid.operands[:, 1], self.snapshot.p)


FITTED: Mapping[str, Callable[[Detectors, Tensor], Tensor]] = {
    "logit residual": Detectors._logit_residual,
    "neuron residual": Detectors._neuron_residual,
    "Mahalanobis": Detectors._mahalanobis,
    "second operand": Detectors._second_operand,
    "embedding": Detectors._embedding,
}
PLAIN: Mapping[str, Callable[[Detectors], Tensor]] = {
    "other frequencies": Detectors._other_frequencies,
    "margin": Detectors._margin,
    "loss": Detectors._loss,
}
DETECTORS = (*FITTED, *PLAIN)
