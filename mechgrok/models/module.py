"""The model of a run that was recorded from a module or function of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mechgrok.config import NonNegativeInt, PositiveInt
from mechgrok.errors import UserError
from mechgrok.models.model import Model
from mechgrok.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

    from mechgrok.models.opaque.module_network import ModuleNetwork

_RECORDED = "model.kind module belongs to runs recorded from a module of one's own; to train, use another one such as transformer or mlp"


class Module(Model):
    """A torch module or a function of the user. Its weights are stored; its function is its own, and is handed in when a run is opened."""

    kind: Literal["module"] = "module"
    type: str = "module"
    """Name of the class or function."""
    names: dict[str, str] = Field(default={})
    """Places of weights and activations in the module, by TransformerLens name: the path of a parameter (with .T where it is transposed),
    of a submodule whose output is the activation, or of one with .input."""
    heads: NonNegativeInt = 0
    """Attention heads of the pattern that `names` gives."""
    classes: NonNegativeInt = 0
    """Logits of a row; 0 for as many as the task has classes."""
    positions: PositiveInt = 1
    """Positions whose one-hot tokens the named W_E reads side by side."""
    readout: Literal["W_out", "W_U", "unknown"] = "unknown"
    """Map from the named neurons to the logits: W_out W_U, W_U alone, or not known."""
    linear: bool = False
    """Whether the logits are linear in the named neurons, with this map."""

    def architecture(self, task: Task) -> ModuleNetwork:
        """The network of the stored facts, without the module."""
        from mechgrok.models.opaque.facts import Facts
        from mechgrok.models.opaque.module_network import ModuleNetwork

        return ModuleNetwork.of(Facts(**self.model_dump(exclude={"kind"})), task)

    def initial(self, task: Task) -> dict[str, Tensor]:
        raise UserError(_RECORDED)
