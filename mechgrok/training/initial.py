"""The network before the first step: drawn, or with given weights, and with frozen groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import Parameter

from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.models.transplant import members

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule


def network(config: Config, given: Mapping[str, Tensor] | None = None) -> HookedRootModule:
    """A run's network before its first step, on the CPU. Frozen parameters do not require gradients.

    The weights are `given`, or drawn; drawn weights of trained parameters are multiplied by `training.init_scale`. Raises UserError if
    `start.freeze` names a group that the network lacks, or leaves no parameter to train.
    """
    model = config.model.build(config.task)
    _freeze(model, config)
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            if given is not None:
                parameter.copy_(given[name])
            elif parameter.requires_grad and config.training.init_scale != 1:
                parameter.mul_(config.training.init_scale)
    return model


def trained(model: HookedRootModule) -> dict[str, Parameter]:
    """The parameters that are trained, by TransformerLens name."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def _freeze(model: HookedRootModule, config: Config) -> None:
    """Turn gradients off in frozen groups. The optimiser never receives these parameters, so nothing changes them."""
    parameters = dict(model.named_parameters())
    for group in config.start.freeze:
        frozen = members([group], config.model.architecture(config.task), parameters)
        if not frozen:
            raise UserError(f"start.freeze {group}: the network has no parameters of that group")
        for name in frozen:
            parameters[name].requires_grad_(False)
    if not trained(model):
        raise UserError(f"start.freeze {' '.join(config.start.freeze)} leaves nothing to train; freeze less")
