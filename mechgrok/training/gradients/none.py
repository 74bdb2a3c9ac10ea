"""No filter of gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from mechgrok.training.gradients.gradient import Gradient

if TYPE_CHECKING:
    import torch


class Unfiltered(Gradient):
    """No filter of gradients."""

    kind: Literal["none"] = "none"

    def filter(self, parameters: Mapping[str, torch.nn.Parameter], memory: dict[str, torch.Tensor], step: int) -> None:
        pass
