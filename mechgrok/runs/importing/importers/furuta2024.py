"""The checkpoints of Furuta et al. 2024 (arXiv 2402.16726): transformers without positions, biases and LayerNorm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters, records
from mechgrok.runs.importing.containers.whole_numbers import is_step
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import Importer, WeightsFile
from mechgrok.runs.importing.inference.architecture import assumptions
from mechgrok.runs.importing.orientation import TWO_AXES, to_hooked_transformer

N_CTX = 3
"""Their code removes the '=' at the end: a, an operator or '=', b."""


class Furuta2024(Importer):
    """Checkpoints of Furuta et al. 2024 (arXiv 2402.16726).

    `init.pth` holds the pairs of both splits, `{epoch}.pth` the state of the optimiser and a loss of each split. Files are saved after the
    update of an epoch: the weights of epoch e are of step e + 1, and the losses beside them, computed before the update, belong to step e.
    Pairs are drawn from all tokens, operators among them, which count modulo p.
    """

    name = "furuta2024"
    describe = (
        "the checkpoints of Furuta et al. 2024: the paper's orientation without W_pos and biases; init.pth, {epoch}.pth or bare weights"
    )

    def recognises(self, file: WeightsFile) -> frozenset[str]:
        """A dict of weights, bare or under `model`, with a W_O of two axes, no W_pos and no biases."""
        model = parameters.state_dict(file.data)
        output = parameters.attention_output(model)
        if output is None or output.ndim != 2 or parameters.POSITIONS in model or any(map(parameters.is_bias, model)):
            return frozenset()
        return frozenset({TWO_AXES, "no W_pos", "no biases"})

    def convert(self, file: WeightsFile) -> Foreign:
        """One snapshot; the optimiser's state is left out."""
        data, given = file.data, parameters.state_dict(file.data)
        weights, notes = parameters.complete(to_hooked_transformer(given), learned_positions=False)
        config = {"n_ctx": N_CTX, "normalization_type": None}
        pairs = {split: found for split in ("train", "test") if (found := _pairs(data, f"{split}_data")) is not None}
        about = (*notes, *assumptions(weights, config))
        tensors = parameters.recognised(given, weights)
        return Foreign(self.name, {_step(data): weights}, _recorded(data), pairs=pairs, config=config, notes=about, recognised=tensors)


def _step(data: Mapping[str, Any]) -> int | None:
    """Updates before the weights were saved: none where the pairs of the splits stand beside them."""
    if is_step(data.get("epoch")):
        return int(data["epoch"]) + 1
    return 0 if "train_data" in data and "optimizer" not in data else None


def _recorded(data: Mapping[str, Any]) -> dict[str, dict[int, float]]:
    epoch: Any = data.get("epoch")
    if not is_step(epoch):
        return {}
    found = {split: data[f"{split}_loss"] for split in ("train", "test") if f"{split}_loss" in data}
    return {split: {epoch: records.loss_list([loss], f"{split}_loss")[0]} for split, loss in found.items()}


def _pairs(data: Mapping[str, Any], name: str) -> Tensor | None:
    """The tokens of a and b (n, 2) in a list of pairs."""
    rows = data.get(name)
    if rows is None:
        return None
    if isinstance(rows, Tensor):
        rows = rows.tolist()
    if not isinstance(rows, list) or not all(_is_pair(row) for row in rows):
        raise UserError(f"the file's {name} is no list of pairs of tokens (a, b), as their code saves it")
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 2)


def _is_pair(row: Any) -> bool:
    return isinstance(row, list | tuple) and len(row) == 2 and all(is_step(token) for token in row)
