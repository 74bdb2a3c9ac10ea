"""What is known of the network of a run that was imported without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mechgrok.errors import UserError
from mechgrok.models.model import Model
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.network import Network


class Unknown(Model):
    """A network of which only the curves were kept. What needs its weights is then missing, with that reason."""

    kind: Literal["unknown"] = "unknown"

    def architecture(self, task: Task) -> Network:
        raise UserError("model.kind unknown belongs to imported curves; to train, use another one such as transformer or mlp")

    def initial(self, task: Task) -> dict[str, Tensor]:
        raise UserError("model.kind unknown belongs to imported curves; to train, use another one such as transformer or mlp")
