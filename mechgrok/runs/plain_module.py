"""Modules whose parameters are recognised by names and shapes, and whose function is one of mechgrok's networks.

The recogniser of files leaves options open. Here the module is at hand, so they are decided by calling it with random weights: first with
its attention and neurons silent, then with its attention silent, then whole. Equal logits for random weights are equal functions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from mechgrok.errors import UserError
from mechgrok.models.model import Model
from mechgrok.models.network import Network
from mechgrok.models.opaque.description import working
from mechgrok.models.opaque.known import with_classes
from mechgrok.runs.importing.networks.recognition import recognise_network
from mechgrok.runs.importing.networks.structure import Reading, Structure
from mechgrok.runs.plain_reading import PlainReading, fitted
from mechgrok.tasks.task import Task

_NAMED = ("heads", "activation", "normalization")


@dataclass(frozen=True, eq=False)
class PlainModule:
    """A recognised module: how its parameters become the weights of a network of mechgrok."""

    structure: Structure
    reading: Reading
    task: Task
    """With as many classes as the module has, or as there are fewer in the task."""

    @property
    def model(self) -> Model:
        """The config of the network."""
        return self.structure.model(self.reading)

    @property
    def network(self) -> Network:
        """The function of the weights."""
        return self.model.architecture(self.task)

    def weights(self, module: nn.Module) -> dict[str, Tensor]:
        """The weights of the module now, in single precision unless they are in double."""
        state = {name: each if each.dtype == torch.float64 else each.float() for name, each in state_of(module).items()}
        found = fitted(self.structure.weights(state, self.reading), self.network)
        return {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in found.items()}

    @property
    def note(self) -> str:
        """The network that was recognised, with the options that people name."""
        options = "".join(f", {name} {self.reading[name]}" for name in _NAMED if name in self.reading)
        return f"no names were needed: the module computes the same as the model {self.model.model_dump()['kind']}{options}"


def state_of(module: nn.Module) -> dict[str, Tensor]:
    """The parameters, tied ones under each of their names, and the buffers of floating point, on the CPU."""
    buffers = [(name, each) for name, each in module.named_buffers() if each.is_floating_point()]
    return {name: each.detach().cpu() for name, each in [*module.named_parameters(remove_duplicate=False), *buffers]}


def recognised(module: nn.Module, task: Task) -> PlainModule | None:
    """A module with the network that has its function; None where none is found."""
    try:
        structure = recognise_network(state_of(module))
        caller = working(module, task)
    except UserError:
        return None
    # Without double precision an option such as eps cannot be told from another one.
    if structure is None or caller.dtype is not None or (task.inputs() < 0).any():
        return None
    search = PlainReading(module, caller, structure, task)
    fitting = [each for each in with_classes(task) if each.classes <= search.classes]
    if not fitting:
        return None
    chosen = max(fitting, key=lambda each: each.classes)
    reading = replace(search, task=chosen).find()
    return None if reading is None else PlainModule(structure, reading, chosen)
