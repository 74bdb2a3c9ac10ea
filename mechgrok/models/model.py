"""What learns, as a part of the config: sizes and options that become a network on a task."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from mechgrok.config import Part
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor
    from transformer_lens.HookedRootModule import HookedRootModule

    from mechgrok.models.network import Network


class Model(Part):
    """A network before its task is known. A model of one's own says its `architecture`, and how its weights are drawn at first."""

    @abstractmethod
    def architecture(self, task: Task) -> Network:
        """The network on a `task`. Raises UserError where the two do not fit."""

    @abstractmethod
    def initial(self, task: Task) -> dict[str, Tensor]:
        """Fresh weights in float32, drawn from the model's seed without disturbing the caller's random numbers."""

    def build(self, task: Task) -> HookedRootModule:
        """A fresh network for a `task`, on the CPU in float32."""
        return self.architecture(task).module(self.initial(task))
