"""A network in memory that becomes a run: what is stored of it, and how its weights are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.model import Model
from mechgrok.models.module import Module
from mechgrok.models.network import Network
from mechgrok.models.opaque.calling import unwrapped
from mechgrok.models.opaque.description import describe, held, probed
from mechgrok.models.opaque.fit import Fit
from mechgrok.models.opaque.known import known, named_parameters
from mechgrok.models.opaque.module_network import ModuleNetwork
from mechgrok.models.opaque.places import require_texts
from mechgrok.runs import module_files
from mechgrok.tasks.task import Task


@dataclass(frozen=True)
class Subject:
    """A module with the task that it learns and the part of a config that describes it."""

    module: nn.Module
    task: Task
    model: Model
    network: Network
    notes: tuple[str, ...] = ()
    """What of the module does not belong to the task."""

    @classmethod
    def of(cls, model: Any, task: Task | None, names: Mapping[str, str] | None = None) -> Subject:
        """A module or function as a subject. Raises UserError where it has no task, or cannot be called on its rows."""
        if not isinstance(task, Task):
            raise UserError("a module needs its task: give task=mechgrok.tasks.Modular(p=113), or another one (mechgrok list tasks)")
        if names is not None:
            require_texts(names)
        module = unwrapped(model)
        found = None if names else known(module, task)
        if found:
            made = cls(module, found[1], found[0], found[0].architecture(found[1]))
        else:
            described = describe(module, task, names)
            made = cls(module, task, Module(**asdict(described.facts)), described.network)
        fit = Fit.of(module, made.task)
        fit.require_modulus()
        return replace(made, notes=tuple(fit.notes()))

    @property
    def is_opaque(self) -> bool:
        """Whether logits come from the module alone."""
        return isinstance(self.network, ModuleNetwork)

    def of_module(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Stored weights under the names and in the shapes of the module. Raises UserError for a TransformerBridge, which has others."""
        found = self.network.of_module(weights) if isinstance(self.network, ModuleNetwork) else dict(weights)
        if not found.keys() <= dict(self.module.named_parameters()).keys():
            raise UserError(f"weights cannot be put into a {type(self.module).__name__}; load them from a checkpoint of your own")
        return found

    def now(self) -> Network:
        """The network with the buffers that the module has now."""
        network = self.network
        return network.with_buffers(held(self.module)[1]) if isinstance(network, ModuleNetwork) else network

    def weights(self) -> dict[str, Tensor]:
        """The weights now, under the names that they are stored by."""
        return self.network.stored(held(self.module)[0]) if isinstance(self.network, ModuleNetwork) else named_parameters(self.module)

    def beside(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What is stored beside the weights; empty for a network that mechgrok computes itself."""
        if not isinstance(self.network, ModuleNetwork):
            return {}
        return module_files.beside(self.network, weights, _persistent(self.module), probed(self.task))


def _persistent(module: nn.Module) -> dict[str, Tensor]:
    """The buffers that a state dict of the module holds."""
    saved = module.state_dict()
    return {name: tensor for name, tensor in held(module)[1].items() if name in saved}
