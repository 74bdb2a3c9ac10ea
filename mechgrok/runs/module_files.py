"""Modules of the user in a run: what is stored beside a checkpoint of one, and a module that is handed in again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.forward.tables import Batch
from mechgrok.models.network import Network
from mechgrok.models.opaque.calling import unwrapped
from mechgrok.models.opaque.description import held, probed, working
from mechgrok.models.opaque.module_network import ModuleNetwork
from mechgrok.runs import store
from mechgrok.runs.run_files import RunFiles

LOGITS = "logits"
_BUFFER, _PARAMETER = "buffers.", "parameters."
_TOLERANCE = 1e-3


def beside(network: ModuleNetwork, weights: Mapping[str, Tensor], held_now: Mapping[str, Tensor], tokens: Tensor) -> dict[str, Tensor]:
    """The tensors that are stored beside a checkpoint: buffers, and the logits on some tokens (rows, classes)."""
    with torch.no_grad():
        logits = network.with_buffers(held_now).logits({name: each.double() for name, each in weights.items()}, Batch.of(tokens))
    return {**{_BUFFER + name: tensor for name, tensor in held_now.items()}, LOGITS: logits}


def of_plain(parameters: Mapping[str, Tensor], held_now: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that are stored beside a checkpoint of a recognised module: its parameters and buffers, of which the weights are made."""
    return {_PARAMETER + name: tensor for name, tensor in parameters.items()} | {_BUFFER + name: each for name, each in held_now.items()}


def parameters(run: Path, step: int) -> dict[str, Tensor]:
    """The parameters of a recognised module that were stored beside the checkpoint of a step."""
    stored, _ = store.read_tensors(store.module_path(run, step))
    return {name.removeprefix(_PARAMETER): tensor for name, tensor in stored.items() if name.startswith(_PARAMETER)}


def with_buffers(network: ModuleNetwork, run: Path, step: int) -> ModuleNetwork:
    """The network with the buffers that were stored beside the checkpoint of a step."""
    return network.with_buffers(buffers(run, step))


def buffers(run: Path, step: int) -> dict[str, Tensor]:
    """The buffers that were stored beside the checkpoint of a step; none for a network that mechgrok computes itself."""
    path = store.module_path(run, step)
    return _buffers(store.read_tensors(path)[0]) if path.is_file() else {}


def _buffers(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(_BUFFER): tensor for name, tensor in stored.items() if name.startswith(_BUFFER)}


def network_of(run: RunFiles, network: Network, module: Any) -> ModuleNetwork | None:
    """The network of a recorded run with its module; None for a run whose network mechgrok computes itself.

    Raises UserError where the module has other parameters, or other logits at the last checkpoint, than the one that was recorded.
    """
    if not isinstance(network, ModuleNetwork):
        return None
    inner = unwrapped(module)
    weights, _ = store.read_tensors(run.weights_path(run.last_step))
    require_parameters(run.path, network.of_module(weights), inner)
    found = network.with_module(working(inner, run.task), held(inner)[1])
    path = store.module_path(run.path, run.last_step)
    if path.is_file():
        stored, _ = store.read_tensors(path)
        tokens = probed(run.task)
        again = beside(found, weights, _buffers(stored), tokens)[LOGITS]
        if (again - stored[LOGITS]).norm() > _TOLERANCE * stored[LOGITS].norm():
            raise UserError(f"this module computes other logits than the one that {run.path} was recorded from; hand in that one")
    return found


def require_parameters(run: Path, stored: Mapping[str, Tensor], module: torch.nn.Module) -> None:
    """Raises UserError where the parameters of a module are not those that were recorded."""
    recorded = {name: tuple(tensor.shape) for name, tensor in stored.items()}
    there = {name: tuple(tensor.shape) for name, tensor in module.named_parameters()}
    other = next((name for name in sorted({*recorded, *there}) if recorded.get(name) != there.get(name)), None)
    if other:
        what = f"{other} is {there.get(other, 'missing')} in this module, and {recorded.get(other, 'missing')} in {run}"
        raise UserError(f"{what}; hand in the module that the run was recorded from")
