"""The norm of gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mechgrok.training.probes.probe import Probe, UpdateDetails


class GradientNorm(Probe):
    """L2 norm of the gradient of the objective on the step's batch, of each parameter and of all, before filter and clipping."""

    kind: Literal["gradient-norm"] = "gradient-norm"

    def read(self, update: UpdateDetails) -> Iterator[tuple[str, float]]:
        squares = {name: float(gradient.square().sum()) for name, gradient in update.gradients.items()}
        for name, square in (squares | {"total": sum(squares.values())}).items():
            yield name, square**0.5
