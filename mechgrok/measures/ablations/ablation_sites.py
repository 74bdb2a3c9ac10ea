"""The sites at which frequencies are removed from a network, and the logits without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.runs.snapshot import Snapshot

Site = Literal["logits", "W_L", "neurons", "W_E"]
Without = Callable[[Sequence[int]], "Tensor"]
"""A function from frequencies to the logits without them (n, p)."""


def without_frequencies(site: Site, snapshot: Snapshot) -> Without:
    """The function from frequencies to the logits when these are removed at a site, as `FrequencyAblation` defines it."""
    return _SITES[site](snapshot)


def _from_logits(snapshot: Snapshot) -> Without:
    from mechgrok.maths.harmonic import cosines

    sums, counts = snapshot.phase_sums, snapshot.grid.counts
    return lambda keys: snapshot.logits - cosines.phase_part(sums, counts, keys).index_select(0, snapshot.grid.phase)


def _from_readout(snapshot: Snapshot) -> Without:
    """N (W_L F_K^T F_K) = (N W_L) F_K^T F_K, so that N W_L is computed once."""
    from mechgrok.maths.harmonic import ablation

    through_neurons = snapshot.neurons @ snapshot.neuron_logit_map
    return lambda keys: snapshot.logits - ablation.part_of_rows(through_neurons, keys)


def _from_neurons(snapshot: Snapshot) -> Without:
    """The projection over (a, b) commutes with the product with W_L, so it is applied to N W_L, which is computed once."""
    from mechgrok.maths.harmonic import ablation

    through_neurons = (snapshot.neurons @ snapshot.neuron_logit_map).view(snapshot.p, snapshot.p, -1)
    return lambda keys: snapshot.logits - ablation.part_of_grid(through_neurons, keys).view_as(snapshot.logits)


def _from_embedding(snapshot: Snapshot) -> Without:
    from mechgrok.maths.harmonic import ablation

    def without(keys: Sequence[int]) -> Tensor:
        return snapshot.with_embedding(snapshot.embedding - ablation.part_of_rows(snapshot.embedding.T, keys).T).logits

    return without


_SITES: dict[Site, Callable[[Snapshot], Without]] = {
    "logits": _from_logits,
    "W_L": _from_readout,
    "neurons": _from_neurons,
    "W_E": _from_embedding,
}
