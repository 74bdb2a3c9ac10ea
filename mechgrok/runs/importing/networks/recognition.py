"""The structure of a state dict, whatever network it is of."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks.own import recognise_own
from mechgrok.runs.importing.networks.perceptron import recognise_perceptron
from mechgrok.runs.importing.networks.recognise_transformer import recognise_transformer
from mechgrok.runs.importing.networks.recurrent import recognise_lstm
from mechgrok.runs.importing.networks.structure import Structure
from mechgrok.runs.importing.networks.units import is_buffer


def recognise_network(state: Mapping[str, Tensor]) -> Structure | None:
    """The structure of a state dict; None where it is none of the networks known here.

    Raises UserError for a network that is known and has no form here, and for parameters without elements or with values that are not
    finite.
    """
    require_numbers(state)
    for recognise in (recognise_own, recognise_lstm, recognise_transformer, recognise_perceptron):
        found: Structure | None = recognise(state)
        if found is not None:
            return found
    return None


def require_numbers(state: Mapping[str, Tensor]) -> None:
    """Raises UserError for parameters that no network has."""
    for name, tensor in state.items():
        if not tensor.numel():
            raise UserError(f"{name} has the shape {tuple(tensor.shape)}, without elements; save model.state_dict() again")
        if not is_buffer(name, tensor) and not torch.isfinite(tensor).all():
            raise UserError(f"{name} has values that are not finite; import a checkpoint from before the training diverged")
