"""An LSTM of PyTorch on embeddings or one-hot tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.lstm import LSTM
from mechgrok.runs.importing.networks.structure import Reading, Recognised, State, Structure

_CELL = re.compile(r"(?P<prefix>.*?)(?P<part>weight_ih|weight_hh|bias_ih|bias_hh)_l(?P<layer>\d+)")
_OURS = {"weight_ih": "W_x", "weight_hh": "W_h", "bias_ih": "b_x", "bias_hh": "b_h"}


@dataclass(frozen=True)
class PlainLSTM(Structure):
    """The tensors of an LSTM by their names; the embedding is multiplied into the first layer's input matrix."""

    cells: Mapping[tuple[str, int], str]
    embedding: str | None
    head: str
    head_bias: str | None
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def tokens(self) -> int:  # type: ignore[override]
        return self.shapes[self.embedding][0] if self.embedding else self.shapes[self.cells["weight_ih", 0]][1]

    @property
    def outputs(self) -> int:  # type: ignore[override]
        return self.shapes[self.head][0]

    @property
    def longest(self) -> int | None:  # type: ignore[override]
        return None

    @property
    def choices(self) -> Mapping[str, Sequence[Any]]:
        return {}

    @property
    def layers(self) -> int:
        return 1 + max(layer for _, layer in self.cells)

    def model(self, reading: Reading) -> LSTM:
        return LSTM(hidden=self.shapes[self.cells["weight_hh", 0]][1], stacked=self.layers, dropout=0.0)

    def weights(self, state: State, reading: Reading) -> dict[str, Tensor]:
        places = {f"blocks.{layer}.lstm.{_OURS[part]}": name for (part, layer), name in self.cells.items()}
        found = {ours: state[name].T if state[name].ndim == 2 else state[name] for ours, name in places.items()}
        for layer in range(self.layers):
            zeros = torch.zeros_like(found[f"blocks.{layer}.lstm.W_h"][0])
            found = {f"blocks.{layer}.lstm.{name}": zeros for name in ("b_x", "b_h")} | found
        into = found.pop("blocks.0.lstm.W_x")
        head = state[self.head].T
        b_U = head.new_zeros(self.outputs) if self.head_bias is None else state[self.head_bias]
        return found | {"embed.W_E": state[self.embedding] @ into if self.embedding else into, "unembed.W_U": head, "unembed.b_U": b_U}

    @property
    def recognised(self) -> tuple[Recognised, ...]:
        names = {name: f"blocks.{layer}.lstm.{_OURS[part]}" for (part, layer), name in self.cells.items()}
        ends = [(self.embedding, "embed.W_E"), (self.head, "unembed.W_U"), (self.head_bias, "unembed.b_U")]
        names |= {name: ours for name, ours in ends if name is not None}
        return tuple(Recognised(name, self.shapes[name], ours) for name, ours in names.items())


def recognise_lstm(state: Mapping[str, Tensor]) -> PlainLSTM | None:
    """The LSTM of a state dict with PyTorch's names; None for other networks, a GRU among them."""
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    matches = {name: match for name in state if (match := _CELL.fullmatch(name))}
    cells = {(match["part"], int(match["layer"])): name for name, match in matches.items()}
    others = [name for name in state if name not in matches]
    matrices = [name for name in others if len(shapes[name]) == 2]
    vectors = [name for name in others if len(shapes[name]) == 1]
    if not 1 <= len(matrices) <= 2 or len(vectors) > 1 or len(matrices) + len(vectors) < len(others):
        return None
    if not _are_lstm({key: shapes[name] for key, name in cells.items()}):
        return None
    embedding, into = matrices[0] if len(matrices) == 2 else None, cells["weight_ih", 0]
    if embedding is not None and shapes[embedding][1] != shapes[into][1]:
        raise UserError(f"{embedding} has shape {shapes[embedding]}, and {into} {shapes[into]}; they do not belong together")
    return PlainLSTM(cells, embedding, matrices[-1], vectors[0] if vectors else None, shapes)


def _are_lstm(cells: Mapping[tuple[str, int], tuple[int, ...]]) -> bool:
    """Whether every layer has both matrices, of four gates of one width."""
    hidden = cells.get(("weight_hh", 0), ())
    matrices = [cells.get((part, layer), ()) for layer in range(len({layer for _, layer in cells})) for part in ("weight_ih", "weight_hh")]
    return len(hidden) == 2 and all(len(shape) == 2 and shape[0] == 4 * hidden[1] for shape in matrices)
