"""The format of Nanda et al. 2023 (arXiv 2301.05217)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters, records
from mechgrok.runs.importing.containers.steps import InEpochs
from mechgrok.runs.importing.containers.whole_numbers import is_step
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.networks.hooked import HookedNetwork
from mechgrok.runs.importing.orientation import TWO_AXES, to_hooked_transformer


class Nanda2023(Importer):
    """Weights in the orientation of the code of Nanda et al. 2023 (arXiv 2301.05217), bare or under `model`.

    With `state_dicts` and `epochs` the file holds several snapshots. `train_losses` has one record an epoch, and `test_losses` may be
    recorded at a coarser interval, which is inferred from the ratio of the lengths (or the other way round). Record i is computed before
    the update of its epoch: it belongs to step i * interval, and the last record to a step before the weights under `model`, which are of
    step len(train_losses). Files of other programs have a record every N updates, as steps beside the lists or the user say.
    """

    name = "nanda2023"
    describe = "the format of Nanda et al. 2023: W_O (d_model, head * d_head), bare or under 'model' beside train_losses and test_losses"

    def recognises(self, file: WeightsFile) -> frozenset[str]:
        """A dict of weights, bare or under `model`, with a W_O of two axes."""
        output = parameters.attention_output(parameters.state_dict(file.data))
        return frozenset({TWO_AXES} if output is not None and output.ndim == 2 else ())

    def convert(self, file: WeightsFile) -> Foreign:
        """The weights under `model` as the last snapshot, after those of `state_dicts`, and the losses."""
        found = convert_snapshots(file.data, self.name, {})
        given = parameters.state_dict(file.data)
        return replace(found, structure=HookedNetwork.of(found.last, given, {}, mixed=len(found.last[parameters.POSITIONS]) == 2))


def convert_snapshots(data: Any, name: str, config: Mapping[str, Any], step: int | None = None, notes: tuple[str, ...] = ()) -> Foreign:
    """The networks and losses of a file, with a config of the network, notes on it, and its step where the file gives none."""
    recorded = records.read_records(data, first={"train": 0, "test": 0})
    final, remarks = parameters.complete(to_hooked_transformer(parameters.state_dict(data)))
    snapshots = _snapshots(data)
    remarks += recorded.notes + notes
    epochs = records.updates_after(_epoch(data), recorded)
    snapshots[step if epochs is None else epochs] = final
    parameters.require_same_shapes(snapshots.values())
    return Foreign(
        name,
        snapshots,
        recorded.losses,
        config=config,
        notes=remarks,
        accuracies=recorded.accuracies,
        undated=recorded.undated,
        in_epochs=InEpochs(epochs is not None or "state_dicts" in data, recorded.in_epochs),
        recognised=parameters.recognised(parameters.state_dict(data), final),
    )


def _snapshots(data: Mapping[str, Any]) -> dict[int | None, dict[str, Tensor]]:
    """The state dicts by their epochs."""
    epochs, states = data.get("epochs"), data.get("state_dicts")
    if not isinstance(epochs, list) or not isinstance(states, list):
        return {}
    if len(epochs) != len(states) or not all(is_step(epoch) for epoch in epochs):
        raise UserError(f"the file has {len(states)} state_dicts and {len(epochs)} epochs; give every state dict its epoch")
    return {epoch: parameters.complete(to_hooked_transformer(state))[0] for epoch, state in zip(epochs, states, strict=True)}


def _epoch(data: Mapping[str, Any]) -> int | None:
    epoch = data.get("epoch")
    return epoch if is_step(epoch) else None
