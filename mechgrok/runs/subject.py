"""A network in memory that becomes a run: what is stored of it, and how its weights are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
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
from mechgrok.runs import module_files, store
from mechgrok.runs.plain_module import PlainModule, recognised
from mechgrok.runs.run import Run
from mechgrok.tasks.task import Task


@dataclass(frozen=True)
class Subject:
    """A module with the task that it learns and the part of a config that describes it."""

    module: nn.Module
    task: Task
    model: Model
    network: Network
    plain: PlainModule | None = None
    """How the parameters of a recognised module become weights."""
    notes: tuple[str, ...] = ()
    """What of the module does not belong to the task."""

    @classmethod
    def of(cls, model: Any, task: Task | None, names: Mapping[str, str] | None = None) -> Subject:
        """A module or function as a subject. Raises UserError where it has no task, or cannot be called on its rows."""
        if not isinstance(task, Task):
            given = "" if task is None else f", not {type(task).__name__}"
            raise UserError(
                f"a module needs its task{given}: give task=mechgrok.tasks.Modular(p=113), or another one (mechgrok list tasks)"
            )
        if names is not None:
            require_texts(names)
        module = unwrapped(model)
        made = (None if names else cls._without_names(module, task)) or cls._described(module, task, names)
        fit = Fit.of(module, made.task)
        fit.require_modulus()
        return replace(made, notes=(*made.notes, *fit.notes()))

    @classmethod
    def _without_names(cls, module: nn.Module, task: Task) -> Subject | None:
        """A module whose function mechgrok has; None for others."""
        if found := known(module, task):
            return cls(module, found[1], found[0], found[0].architecture(found[1]))
        plain = recognised(module, task)
        return None if plain is None else cls(module, plain.task, plain.model, plain.network, plain, (plain.note,))

    @classmethod
    def _described(cls, module: nn.Module, task: Task, names: Mapping[str, str] | None) -> Subject:
        described = describe(module, task, names)
        return cls(module, task, Module(**asdict(described.facts)), described.network, notes=described.notes)

    @property
    def is_opaque(self) -> bool:
        """Whether logits come from the module alone."""
        return isinstance(self.network, ModuleNetwork)

    def restored(self, run: Path, step: int) -> dict[str, Tensor]:
        """The parameters of the module at a recorded step. Raises UserError for a TransformerBridge, which has others."""
        if self.plain:
            return module_files.parameters(run, step)
        weights, _ = store.read_tensors(store.weights_path(run, step))
        found = self.network.of_module(weights) if isinstance(self.network, ModuleNetwork) else weights
        if not found.keys() <= dict(self.module.named_parameters()).keys():
            raise UserError(f"weights cannot be put into a {type(self.module).__name__}; load them from a checkpoint of your own")
        return found

    def require_same(self, run: Run) -> None:
        """Raises UserError where a run was recorded from a module with other parameters, or that computes something else."""
        if self.is_opaque:
            run.with_module(self.module)
        elif self.plain:
            module_files.require_parameters(run.path, module_files.parameters(run.path, run.last_step), self.module)

    def now(self) -> Network:
        """The network with the buffers that the module has now."""
        network = self.network
        return network.with_buffers(held(self.module)[1]) if isinstance(network, ModuleNetwork) else network

    def weights(self) -> dict[str, Tensor]:
        """The weights now, under the names that they are stored by."""
        if self.plain:
            return self.plain.weights(self.module)
        return self.network.stored(held(self.module)[0]) if isinstance(self.network, ModuleNetwork) else named_parameters(self.module)

    def beside(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What is stored beside the weights: of a recognised module its own parameters, of another one buffers and logits."""
        if self.plain:
            return module_files.of_plain(held(self.module)[0], _persistent(self.module))
        if not isinstance(self.network, ModuleNetwork):
            return {}
        return module_files.beside(self.network, weights, _persistent(self.module), probed(self.task))


def _persistent(module: nn.Module) -> dict[str, Tensor]:
    """The buffers that a state dict of the module holds."""
    saved = module.state_dict()
    return {name: tensor for name, tensor in held(module)[1].items() if name in saved}
