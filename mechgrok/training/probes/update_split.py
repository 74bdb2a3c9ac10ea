"""The parts of an update: weight decay and the gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mechgrok.training.probes.probe import Probe, UpdateDetails

if TYPE_CHECKING:
    from torch import Tensor


class UpdateSplit(Probe):
    """The applied update U of each parameter and of all, split into decoupled decay D = -lr * weight_decay * w and the rest G = U - D.

    Four values of each, in float64: `/update` |U|, `/decay` |D|, `/gradient` |G|, and `/decay_share` <D, U> / <U, U>, the share of U that
    is decay; the share of G is 1 minus that. For decay towards the initial weights, w is replaced by w minus the initial weights. An L2
    penalty is part of the gradient and therefore of G. There is no share where U is 0.
    """

    kind: Literal["update-split"] = "update-split"

    def read(self, update: UpdateDetails) -> Iterator[tuple[str, float]]:
        products = {name: _products(change, update.decay[name]) for name, change in update.change.items()}
        products["total"] = tuple(map(sum, zip(*products.values(), strict=True)))
        for name, (applied, decay, rest, along) in products.items():
            yield f"{name}/update", applied**0.5
            yield f"{name}/decay", decay**0.5
            yield f"{name}/gradient", rest**0.5
            if applied:
                yield f"{name}/decay_share", along / applied


def _products(change: Tensor, decay: Tensor) -> tuple[float, ...]:
    """<U, U>, <D, D>, <G, G>, <D, U>."""
    pairs = [(change, change), (decay, decay), (change - decay, change - decay), (decay, change)]
    return tuple(float((one * other).sum()) for one, other in pairs)
