"""Plain PyTorch networks, recognised by the names and shapes of their parameters."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.networks.recognition import recognise_network, require_numbers


class PlainNetwork(Importer):
    """The state dict of a torch.nn.Module (https://docs.pytorch.org/docs/stable/nn.html), at one or several steps.

    Transformers with attention in any form, perceptrons and LSTMs. What names and shapes leave open is decided afterwards by evidence
    (`inference/decision.py`), so the snapshots keep the names of the file.
    """

    name = "plain-network"
    describe = "the state dict of a plain PyTorch transformer, perceptron or LSTM, bare or in a checkpoint"

    def recognises(self, file: WeightsFile) -> frozenset[str]:
        """Weights of a network that is known by names and shapes, and has none of HookedTransformer's attention."""
        last = _last(file)
        if not last or _is_hooked(last):
            return frozenset()
        try:
            return frozenset({"a plain network"} if recognise_network(last) is not None else ())
        except UserError:
            return frozenset({"a plain network"})

    def convert(self, file: WeightsFile) -> Foreign:
        """All snapshots by the names of the file, and what it records."""
        contents = file.contents
        structure = recognise_network(contents.last)
        parameters.require_same_shapes(contents.states.values())
        for state in contents.states.values():
            require_numbers(state)
        snapshots = {step: {name: _single(name, tensor) for name, tensor in state.items()} for step, state in contents.states.items()}
        return Foreign(
            self.name,
            snapshots,
            contents.recorded,
            contents.train_rows,
            contents.pairs,
            notes=contents.notes,
            accuracies=contents.accuracies,
            undated=contents.undated,
            in_epochs=contents.in_epochs,
            facts=contents.facts,
            structure=structure,
        )


def _is_hooked(state: Mapping[str, Tensor]) -> bool:
    """Whether the ends have TransformerLens' names, and there is attention: a file for the other importers, or a damaged one of theirs."""
    return bool({"embed.W_E", "unembed.W_U"} & set(state)) and any(".attn." in name for name in state)


def _last(file: WeightsFile) -> Mapping[str, Tensor]:
    """The last weights; empty for a file without weights."""
    return file.contents.last if file.holds_weights else {}


def _single(name: str, tensor: Tensor) -> Tensor:
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise UserError(f"{name} repeats its elements; save its contiguous copy")
    return tensor.to(torch.float32, copy=True) if tensor.is_floating_point() else tensor
