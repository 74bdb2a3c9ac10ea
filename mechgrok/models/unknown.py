"""The model of a run that was imported without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mechgrok.errors import UserError
from mechgrok.models.model import Model
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.network import Network


class Unknown(Model):
    """A network without weights, of an imported run that has only curves. Measures that need the weights give this as their reason."""

    kind: Literal["unknown"] = "unknown"

    def architecture(self, task: Task) -> Network:
        raise UserError("model.kind unknown belongs to imported curves; to train, use another one such as transformer or mlp")

    def initial(self, task: Task) -> dict[str, Tensor]:
        raise UserError("model.kind unknown belongs to imported curves; to train, use another one such as transformer or mlp")
