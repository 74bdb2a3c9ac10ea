"""The size of gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mechgrok.training.probes.probe import Probe

if TYPE_CHECKING:
    from mechgrok.training.probing import Seen


class GradientNorm(Probe):
    """L2 norm of the gradient of the objective on the step's batch, by parameter and in total, before it is filtered or clipped."""

    kind: Literal["gradient-norm"] = "gradient-norm"

    def read(self, seen: Seen) -> Iterator[tuple[str, float]]:
        squares = {name: float(gradient.square().sum()) for name, gradient in seen.gradients.items()}
        for name, square in (squares | {"total": sum(squares.values())}).items():
            yield name, square**0.5
