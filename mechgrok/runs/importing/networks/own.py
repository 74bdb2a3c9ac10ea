"""The networks that `mechgrok train` makes beside plain transformers, by the names of their parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.model import Model
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.runs.importing.networks.options import ACTIVATIONS
from mechgrok.runs.importing.networks.structure import Reading, Recognised, State, Structure

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class OwnNetwork(Structure):
    """Parameters that have our names already."""

    shapes: Shapes
    make: Callable[[Shapes, Reading], Model]
    tokens: int
    outputs: int
    longest: int | None
    activations: tuple[str, ...]

    @property
    def choices(self) -> Mapping[str, Sequence[Any]]:
        return {"activation": self.activations} if self.activations else {}

    def model(self, reading: Reading) -> Model:
        return self.make(self.shapes, reading)

    def weights(self, state: State, reading: Reading) -> dict[str, Tensor]:
        return {name: state[name] for name in self.shapes}

    @property
    def output_names(self) -> tuple[str, ...]:
        last = f"blocks.{_layers(self.shapes) - 1}.mlp"
        names = ("unembed.W_U", "unembed.b_U") if "unembed.W_U" in self.shapes else (f"{last}.W_out", f"{last}.b_out")
        return tuple(name for name in names if name in self.shapes)

    @property
    def recognised(self) -> tuple[Recognised, ...]:
        return tuple(Recognised(name, shape, name) for name, shape in self.shapes.items())


def recognise_own(state: Mapping[str, Tensor]) -> OwnNetwork | None:
    """A perceptron or LSTM of ours; None for other networks."""
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    embedding = shapes.get("embed.W_E")
    if embedding is None or any(".attn." in name for name in shapes):
        return None
    if "blocks.0.lstm.W_h" in shapes and "unembed.W_U" in shapes:
        return OwnNetwork(shapes, _lstm, embedding[0], shapes["unembed.W_U"][1], None, ())
    if "blocks.0.mlp.W_in" in shapes:
        outputs = shapes["unembed.W_U" if "unembed.W_U" in shapes else f"blocks.{_layers(shapes) - 1}.mlp.W_out"][1]
        return OwnNetwork(shapes, _embedded, embedding[-2], outputs, None, ACTIVATIONS)
    last = f"blocks.{_layers(shapes) - 1}.mlp.W_out"
    if len(embedding) != 3 or last not in shapes:
        return None
    quadratic = "blocks.0.mlp.b_in" not in shapes and _layers(shapes) == 1
    return OwnNetwork(shapes, _quadratic if quadratic else _mlp, embedding[1], shapes[last][1], None, () if quadratic else ACTIVATIONS)


def _layers(shapes: Shapes) -> int:
    return 1 + max((int(name.split(".")[1]) for name in shapes if name.startswith("blocks.")), default=-1)


def _lstm(shapes: Shapes, reading: Reading) -> Model:
    return LSTM(hidden=shapes["blocks.0.lstm.W_h"][0], stacked=_layers(shapes))


def _embedded(shapes: Shapes, reading: Reading) -> Model:
    embedding, layers = shapes["embed.W_E"], _layers(shapes)
    return EmbeddingMLP(
        d_emb=embedding[-1],
        widths=tuple(shapes[f"blocks.{layer}.mlp.W_in"][1] for layer in range(layers)),
        combine="sum" if shapes["blocks.0.mlp.W_in"][0] == embedding[-1] else "concatenate",
        separate=len(embedding) == 3,
        biases="blocks.0.mlp.b_in" in shapes,
        no_unembedding="unembed.W_U" not in shapes,
        activation=reading["activation"],
    )


def _mlp(shapes: Shapes, reading: Reading) -> Model:
    widths = (shapes["embed.W_E"][2], *(shapes[f"blocks.{layer}.mlp.W_in"][1] for layer in range(1, _layers(shapes))))
    return MLP(widths=widths, activation=reading["activation"], biases="blocks.0.mlp.b_in" in shapes)


def _quadratic(shapes: Shapes, reading: Reading) -> Model:
    return QuadraticMLP(d_mlp=shapes["embed.W_E"][2])
