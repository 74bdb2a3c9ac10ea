"""The format of Nanda et al. 2023 (arXiv 2301.05217) and of the code that grew from theirs, such as Zhong et al. 2023."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters, records
from mechgrok.runs.importing.foreign import Foreign, Importer
from mechgrok.runs.importing.importers import furuta2024, zhong2023
from mechgrok.runs.importing.inference.architecture import assumptions
from mechgrok.runs.importing.orientation import to_hooked_transformer


class Nanda2023(Importer):
    """Weights in the orientation of the paper's code, bare or under `model`; with `state_dicts` and `epochs` several snapshots.

    Losses: `train_losses` has one record an epoch, and `test_losses` may be recorded at a coarser interval, which is inferred from
    the ratio of the lengths (or the other way round). Record i is computed before the update of its epoch, so it belongs to step
    i * interval, and the last record to a step before the weights under `model`, which are of step len(train_losses).
    A `config` of Zhong et al. beside `model` gives the activation, the attention coefficient and the step.
    """

    name = "nanda2023"
    describe = "the format of Nanda et al. 2023: W_O (d_model, head * d_head), bare or under 'model' beside train_losses and test_losses"

    def recognises(self, data: Any) -> bool:
        """A dict of weights, bare or under `model`, with a W_O of two axes, and none of Furuta et al."""
        found = parameters.attention_output(_model(data))
        return found is not None and found.ndim == 2 and not furuta2024.is_theirs(_model(data))

    def convert(self, data: Any) -> Foreign:
        """The weights under `model` as the last snapshot, after those of `state_dicts`; the losses; what a config says."""
        config = zhong2023.config(data)
        said = records.read_losses(data, first={"train": 0, "test": 0})
        final, notes = parameters.complete(to_hooked_transformer(_model(data)))
        snapshots = _snapshots(data)
        notes += said.notes + assumptions(final, config) + _notes_on_attention(final, data) + _notes_on_epochs(snapshots)
        snapshots[said.updates or _epoch(data) or zhong2023.updates(data)] = final
        parameters.require_same_shapes(snapshots.values())
        return Foreign(self.name, snapshots, said.by_step, config=config, notes=notes)


def _model(data: Any) -> Any:
    return data["model"] if isinstance(data, dict) and "model" in data else data


def _snapshots(data: Mapping[str, Any]) -> dict[int | None, dict[str, Tensor]]:
    """The state dicts by the epochs that the file gives them."""
    epochs, states = data.get("epochs"), data.get("state_dicts")
    if not isinstance(epochs, list) or not isinstance(states, list):
        return {}
    if len(epochs) != len(states) or not all(records.is_step(epoch) for epoch in epochs):
        raise UserError(f"the file has {len(states)} state_dicts and {len(epochs)} epochs; give every state dict its epoch")
    return {epoch: parameters.complete(to_hooked_transformer(state))[0] for epoch, state in zip(epochs, states, strict=True)}


def _epoch(data: Mapping[str, Any]) -> int | None:
    epoch = data.get("epoch")
    return epoch if records.is_step(epoch) else None


def _notes_on_attention(parameters: Mapping[str, Tensor], data: Any) -> tuple[str, ...]:
    said = zhong2023.notes(data)
    if said or len(parameters["pos_embed.W_pos"]) > 2:
        return said
    mixed = "networks of Zhong et al. 2023 mix their attention pattern with a constant one (attn_coeff), of which the file says nothing"
    return (f"two positions, so no '=' token: {mixed}; it is run with ordinary attention",)


def _notes_on_epochs(snapshots: Mapping[int | None, Any]) -> tuple[str, ...]:
    return ("state_dicts stand at the file's epochs, taken to be numbers of updates",) if snapshots else ()
