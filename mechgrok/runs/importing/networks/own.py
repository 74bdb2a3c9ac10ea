"""The networks that `mechgrok train` makes beside plain transformers, by the names of their parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.model import Model
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.networks.options import ACTIVATIONS
from mechgrok.runs.importing.networks.structure import Reading, Recognised, State, Structure

Shapes = Mapping[str, tuple[int, ...]]

_AXES: Mapping[str, tuple[int, ...]] = {
    "W_E": (2, 3),
    **dict.fromkeys(("W_in", "W_out", "W_U", "W_x", "W_h"), (2,)),
    **dict.fromkeys(("b_in", "b_out", "b_U", "b_x", "b_h"), (1,)),
}
"""The numbers of axes that a parameter may have, by the end of its name."""


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
        last = f"blocks.{parameters.layers(self.shapes) - 1}.mlp"
        names = ("unembed.W_U", "unembed.b_U") if "unembed.W_U" in self.shapes else (f"{last}.W_out", f"{last}.b_out")
        return tuple(name for name in names if name in self.shapes)

    @property
    def recognised(self) -> tuple[Recognised, ...]:
        return tuple(Recognised(name, shape, name) for name, shape in self.shapes.items())


def recognise_own(state: Mapping[str, Tensor]) -> OwnNetwork | None:
    """A perceptron or LSTM of ours; None for other networks. Raises UserError where a part is missing or has another number of axes."""
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if "embed.W_E" not in shapes or any(".attn." in name for name in shapes):
        return None
    last = f"blocks.{parameters.layers(shapes) - 1}.mlp.W_out"
    if "blocks.0.lstm.W_h" in shapes:
        return _found(shapes, "unembed.W_U", _lstm, ["blocks.0.lstm.W_h"], ())
    if "blocks.0.mlp.W_in" in shapes:
        head = "unembed.W_U" if "unembed.W_U" in shapes else last
        return _found(shapes, head, _embedded, _inner(shapes, 0), ACTIVATIONS)
    if len(shapes["embed.W_E"]) != 3 or last not in shapes:
        return None
    quadratic = "blocks.0.mlp.b_in" not in shapes and parameters.layers(shapes) == 1
    return _found(shapes, last, _quadratic if quadratic else _mlp, _inner(shapes, 1), () if quadratic else ACTIVATIONS)


def _inner(shapes: Shapes, first: int) -> list[str]:
    """The matrices into the neurons of each layer from the first that has one."""
    return [f"blocks.{layer}.mlp.W_in" for layer in range(first, parameters.layers(shapes))]


def _found(
    shapes: Shapes, head: str, make: Callable[[Shapes, Reading], Model], needed: list[str], activations: tuple[str, ...]
) -> OwnNetwork:
    missing = next((name for name in (head, *needed) if name not in shapes), None)
    if missing is not None:
        raise UserError(f"the file lacks {missing}, which belongs to its other parameters; save model.state_dict() again")
    for name, shape in shapes.items():
        axes = _AXES.get(name.rpartition(".")[2], ())
        if axes and len(shape) not in axes:
            raise UserError(f"{name} has the shape {shape}, and a matrix or vector of this name has {axes[0]} axes")
    return OwnNetwork(shapes, make, shapes["embed.W_E"][-2], shapes[head][1], None, activations)


def _lstm(shapes: Shapes, reading: Reading) -> Model:
    return LSTM(hidden=shapes["blocks.0.lstm.W_h"][0], stacked=parameters.layers(shapes))


def _embedded(shapes: Shapes, reading: Reading) -> Model:
    embedding, layers = shapes["embed.W_E"], parameters.layers(shapes)
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
    widths = (shapes["embed.W_E"][2], *(shapes[f"blocks.{layer}.mlp.W_in"][1] for layer in range(1, parameters.layers(shapes))))
    return MLP(widths=widths, activation=reading["activation"], biases="blocks.0.mlp.b_in" in shapes)


def _quadratic(shapes: Shapes, reading: Reading) -> Model:
    return QuadraticMLP(d_mlp=shapes["embed.W_E"][2])
