"""The file of the grokking demo of TransformerLens: many snapshots, losses, config and split in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters, records
from mechgrok.runs.importing.containers.steps import InEpochs, is_epochs, step_of
from mechgrok.runs.importing.containers.whole_numbers import is_step
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.importers.plain_network import PlainNetwork
from mechgrok.runs.importing.networks import library_config
from mechgrok.runs.importing.networks.hooked import HookedNetwork

_KEYS = frozenset({"model", "checkpoints", "checkpoint_epochs"})
_FIRST = {"train": 0, "test": 1}
"""The train loss of an epoch is computed before its update, the test loss after it."""


class TransformerLensDemo(Importer):
    """A dict with a HookedTransformer's state dict under `model`, and any of the other keys that the demo writes.

    A TransformerBridge of TransformerLens 4 has other names there, which leave the number of heads open; it is known by the demo's keys.

    The demo is Grokking_Demo.ipynb of https://github.com/TransformerLensOrg/TransformerLens.

    The demo counts epochs from 0 and saves after the update: checkpoint_epochs 99 is step 100, and `model` step len(train_losses).
    Train loss i is computed before the update of epoch i (step i), test loss i after it (step i + 1); so the last record of test is
    of the weights under `model`, and the last of train of those a step earlier.
    """

    name = "transformer-lens-demo"
    describe = "the file of TransformerLens' grokking demo: 'model' (TransformerLens 3 or 4), config, checkpoints, losses, indices"

    def recognises(self, file: WeightsFile) -> frozenset[str]:
        """A dict with weights under `model`, with a W_O of three axes; or any plain network with the keys of the demo."""
        if not isinstance(file.data, dict) or "model" not in file.data:
            return frozenset()
        output = parameters.attention_output(file.data["model"])
        if output is not None:
            return frozenset({parameters.THREE_AXES, "weights under 'model'"} if output.ndim == 3 else ())
        plain = PlainNetwork().recognises(file) if file.data.keys() >= _KEYS else frozenset()
        return plain | {"the keys of the demo"} if plain else plain

    def convert(self, file: WeightsFile) -> Foreign:
        """The checkpoints, `model` as the last of them, and the losses, split and config that the file holds."""
        return self._hooked(file) if parameters.attention_output(file.data["model"]) is not None else self._plain(file)

    def _plain(self, file: WeightsFile) -> Foreign:
        """A network by other names, whose weights are those of the end of their epoch."""
        found = PlainNetwork().convert(file)
        recorded = records.read_records(file.data, first=_FIRST)
        return replace(
            found,
            format=self.name,
            snapshots={step if step is None else step + 1: state for step, state in found.snapshots.items()},
            recorded=recorded.losses,
            undated=recorded.undated,
            in_epochs=InEpochs(False, recorded.in_epochs),
        )

    def _hooked(self, file: WeightsFile) -> Foreign:
        data, facts = file.data, {**file.contents.facts, **_config(file.data)}
        recorded = records.read_records(data, first=_FIRST)
        known, name = step_of(data)
        final, notes = parameters.complete(data["model"])
        snapshots = _checkpoints(data)
        step = records.updates_after(known, recorded)
        snapshots[_same(final, snapshots) if step is None else step] = final
        parameters.require_same_shapes(snapshots.values())
        return Foreign(
            self.name,
            snapshots,
            recorded.losses,
            _train_rows(data),
            notes=notes + recorded.notes,
            accuracies=recorded.accuracies,
            undated=recorded.undated,
            in_epochs=InEpochs(name is not None and is_epochs(name), recorded.in_epochs),
            facts=facts,
            structure=HookedNetwork.of(final, data["model"], library_config.of_facts(facts)),
        )


def _config(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the config that are words and numbers; no other ones describe the network."""
    config = data.get("config")
    fields = config.items() if isinstance(config, dict) else ()
    return {str(name): value for name, value in fields if value is None or isinstance(value, bool | int | float | str)}


def _checkpoints(data: Mapping[str, Any]) -> dict[int | None, dict[str, Tensor]]:
    states, epochs = data.get("checkpoints", []), data.get("checkpoint_epochs", [])
    if not isinstance(states, list) or not isinstance(epochs, list) or len(states) != len(epochs):
        raise UserError("the file's checkpoints and checkpoint_epochs are not two lists of one length; save every checkpoint's epoch")
    if not all(is_step(epoch) for epoch in epochs):
        raise UserError("the file's checkpoint_epochs are not whole numbers from 0; save every checkpoint's epoch")
    return {epoch + 1: parameters.complete(state)[0] for epoch, state in zip(epochs, states, strict=True)}


def _same(final: Mapping[str, Tensor], snapshots: Mapping[int | None, Mapping[str, Tensor]]) -> int | None:
    """The step of the checkpoint that equals `final`, for a file without a step; None where there is none."""
    equal = [step for step, state in snapshots.items() if all(torch.equal(final[name], state[name]) for name in final if name in state)]
    return equal[-1] if equal else None


def _train_rows(data: Mapping[str, Any]) -> Tensor | None:
    rows = data.get("train_indices")
    if rows is None:
        return None
    if isinstance(rows, Tensor) and rows.ndim == 1 and rows.dtype in (torch.int64, torch.int32):
        rows = rows.tolist()
    if not isinstance(rows, list) or not all(is_step(row) for row in rows):
        raise UserError("the file's train_indices are not row numbers of the table; they must be a list of whole numbers")
    return torch.tensor(rows, dtype=torch.int64)
