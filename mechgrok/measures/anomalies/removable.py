"""Orders of the neurons and embeddings by their part in an anomalous rule, and the logits without them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

OPERAND, ATTRIBUTION, TOKENS = "neurons by second operand", "neurons by attribution", "tokens by embedding"
WAYS = (OPERAND, ATTRIBUTION, TOKENS)


class Removable:
    """The removable parts of a snapshot of a run with corrupted labels, given its key frequencies."""

    def __init__(self, snapshot: Snapshot, keys: list[int]) -> None:
        self.snapshot, self.keys = snapshot, keys

    def order(self, way: str) -> np.ndarray:
        """The indices of the neurons, or of the elements of the group, by descending score."""
        score = {OPERAND: self._of_second_operand, ATTRIBUTION: self._attribution, TOKENS: self._misfit}[way]()
        return score.nan_to_num().argsort(descending=True, stable=True).numpy()

    def without(self, way: str, units: np.ndarray) -> Tensor:
        """The logits (n, p) without some neurons, or with the embeddings of some elements replaced by the fit of the key frequencies."""
        import torch

        chosen = torch.from_numpy(units.copy())
        if way == TOKENS:
            return self.snapshot.with_embedding(self._replaced(chosen)).logits
        return self.snapshot.logits - self.snapshot.neurons[:, chosen] @ self.snapshot.neuron_logit_map[chosen]

    def _of_second_operand(self) -> Tensor:
        """Share of the variance of each neuron that b alone explains beyond the key frequencies (d_mlp,)."""
        from mechgrok.maths.statistics import outliers

        neurons, grid = self.snapshot.neurons, self.snapshot.grid
        means = outliers.mean_of_each(neurons, grid.operands[:, 1], grid.p)
        explained = grid.p * outliers.remainder(means, self._waves).square().sum(0)
        return explained / (neurons - neurons.mean(0)).square().sum(0)

    def _attribution(self) -> Tensor:
        """A / (A_+ + |C|) of each neuron (d_mlp,): its effect on corrupted labels relative to that on clean labels."""
        import torch

        grid, W_L = self.snapshot.grid, self.snapshot.neuron_logit_map
        poisoned, train = self._poisoned, grid.subsets["train"]
        changed, clean = train & poisoned & (grid.trained_labels != grid.labels), train & ~poisoned
        centre = W_L - W_L.mean(1, keepdim=True)
        given = self._mean_effect(changed, W_L, grid.trained_labels) - self._mean_effect(changed, W_L, grid.labels)
        right = self._mean_effect(clean, centre, grid.labels)
        return given / (given.clamp_min(0) + right.abs()).clamp_min(torch.finfo(given.dtype).tiny)

    def _mean_effect(self, rows: Tensor, readout: Tensor, labels: Tensor) -> Tensor:
        """Mean over rows of N_j W[j, label] (d_mlp,)."""
        return (self.snapshot.neurons[rows] * readout.T[labels[rows]]).mean(0)

    def _misfit(self) -> Tensor:
        """Distance of the embedding of each element from its fit by the key frequencies (p,)."""
        from mechgrok.maths.statistics import outliers

        return outliers.remainder(self.snapshot.embedding, self._waves).norm(dim=1)

    def _replaced(self, chosen: Tensor) -> Tensor:
        """The embedding (p, d_model), the chosen elements replaced by the fit to the others, or to all where all are chosen."""
        import torch

        known = torch.ones(self.snapshot.p, dtype=torch.bool).index_fill_(0, chosen, False)
        known = known if known.any() else ~known
        fit = self._waves @ (torch.linalg.pinv(self._waves[known]) @ self.snapshot.embedding[known])
        return self.snapshot.embedding.index_copy(0, chosen, fit[chosen])

    @cached_property
    def _waves(self) -> Tensor:
        import torch

        from mechgrok.maths.statistics import outliers

        return outliers.waves_of(self.snapshot.p, self.keys, torch.arange(self.snapshot.p))

    @property
    def _poisoned(self) -> Tensor:
        import torch

        labels = self.snapshot.grid.corrupted
        assert labels is not None, "the run has no corrupted labels"
        return torch.from_numpy(labels.poisoned)[self.snapshot.grid.rows]
