"""A perceptron on embeddings or one-hot numbers, side by side or added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.mlp import MLP
from mechgrok.models.model import Model
from mechgrok.runs.importing.networks import roles
from mechgrok.runs.importing.networks.matrices import bias
from mechgrok.runs.importing.networks.options import ACTIVATIONS
from mechgrok.runs.importing.networks.structure import Reading, Recognised, State, Structure
from mechgrok.runs.importing.networks.units import Unit, units_of


@dataclass(frozen=True)
class PlainPerceptron(Structure):
    """The units of a perceptron in the order of its function.

    Without an embedding, `embed.W_E` (pos, d_vocab, neurons) is the first matrix, by positions; tokens that are the same in all rows, such
    as '=', are added to the bias.
    """

    embeddings: tuple[Unit, ...]
    """None, one for all positions, or one for each."""
    layers: tuple[Unit, ...]
    """The matrices, the last of which gives the logits."""
    turned: bool
    """Whether matrices are (out, in)."""
    tokens: int
    places: int
    """The positions that stand side by side; 0 where they are added."""

    @property
    def outputs(self) -> int:  # type: ignore[override]
        return self.layers[-1].shape[0 if self.turned else 1]

    @property
    def longest(self) -> int | None:  # type: ignore[override]
        return self.places or None

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons of each layer."""
        return tuple(unit.shape[0 if self.turned else 1] for unit in self.layers[:-1])

    @property
    def choices(self) -> Mapping[str, Sequence[Any]]:
        return {"activation": ACTIVATIONS}

    def model(self, reading: Reading) -> Model:
        sizes = {"widths": self.widths, "activation": reading["activation"], "biases": True}
        if not self.embeddings:
            return MLP(**sizes, dropout=0.0)
        combine, width = "concatenate" if self.places else "sum", self.embeddings[0].shape[1]
        return EmbeddingMLP(**sizes, d_emb=width, combine=combine, separate=len(self.embeddings) > 1, no_unembedding=True)

    def weights(self, state: State, reading: Reading) -> dict[str, Tensor]:
        found = self._entering(state, reading)
        for layer, unit in enumerate(self.layers[1:-1], 1):
            found |= self._map(state, unit, f"blocks.{layer}.mlp", "in")
        return found | self._map(state, self.layers[-1], self._last, "out")

    @property
    def _last(self) -> str:
        return f"blocks.{len(self.layers) - 2}.mlp"

    @property
    def output_names(self) -> tuple[str, ...]:
        return f"{self._last}.W_out", f"{self._last}.b_out"

    def _entering(self, state: State, reading: Reading) -> dict[str, Tensor]:
        """The embeddings and the first layer."""
        first = self._map(state, self.layers[0], "blocks.0.mlp", "in")
        if self.embeddings:
            own = [state[unit.weight] for unit in self.embeddings]
            return {"embed.W_E": torch.stack(own) if len(own) > 1 else own[0], **first}
        W_in, words = first.pop("blocks.0.mlp.W_in"), reading["row"].words
        tables = W_in.chunk(self.places) if self.places else [W_in] * len(words)
        varied = [table for table, word in zip(tables, words, strict=False) if not word.isdecimal()]
        fixed = [table[int(word)] for table, word in zip(tables, words, strict=False) if word.isdecimal()]
        return {"embed.W_E": torch.stack(varied), "blocks.0.mlp.b_in": sum(fixed, first["blocks.0.mlp.b_in"])}

    def _map(self, state: State, unit: Unit, module: str, name: str) -> dict[str, Tensor]:
        matrix, added = self._matrix(state, unit), bias(state, unit)
        return {f"{module}.W_{name}": matrix, f"{module}.b_{name}": matrix.new_zeros(matrix.shape[1]) if added is None else added}

    def _matrix(self, state: State, unit: Unit) -> Tensor:
        return state[unit.weight].T if self.turned else state[unit.weight]

    @property
    def recognised(self) -> tuple[Recognised, ...]:
        names = [*(f"blocks.{i}.mlp.W_in" for i in range(len(self.layers) - 1)), f"{self._last}.W_out"]
        found = [Recognised(unit.weight, unit.shape, "embed.W_E") for unit in self.embeddings]
        for unit, name in zip(self.layers, names, strict=True):
            found.append(Recognised(unit.weight, unit.shape, name))
            if unit.bias is not None:
                found.append(Recognised(unit.bias, unit.bias_shape, name.replace("W_", "b_")))
        return tuple(found)


def recognise_perceptron(state: Mapping[str, Tensor]) -> PlainPerceptron | None:
    """The perceptron of a state dict; None where its matrices are no chain."""
    units, lonely = units_of(state)
    if lonely or not units or any(not unit.is_matrix for unit in units):
        return None
    embeddings = tuple(unit for unit in units[:-1] if roles.is_tokens(unit) and unit.bias is None and "unembed" not in unit.name.lower())
    layers = tuple(unit for unit in units if unit not in embeddings)
    ways = [turned for turned in (True, False) if len(layers) > 1 and _is_chain(layers, turned)]
    fitting = [found for turned in ways if (found := _fitted(embeddings, layers, turned)) is not None]
    if not fitting:
        return None
    # Where both ways fit, as with W_in (512, 23) and W_out (23, 512), there are more neurons than classes.
    return max(fitting, key=lambda each: each.widths[0])


def _is_chain(layers: Sequence[Unit], turned: bool) -> bool:
    return all(one.shape[0 if turned else 1] == two.shape[1 if turned else 0] for one, two in pairwise(layers))


def _fitted(embeddings: tuple[Unit, ...], layers: tuple[Unit, ...], turned: bool) -> PlainPerceptron | None:
    into, classes = layers[0].shape[1 if turned else 0], layers[-1].shape[0 if turned else 1]
    if embeddings:
        tokens, width = embeddings[0].shape
        if any(unit.shape != embeddings[0].shape for unit in embeddings) or into % width or classes > tokens:
            return None
        return PlainPerceptron(embeddings, layers, turned, tokens, 0 if into == width else into // width)
    for tokens in range(classes, classes + 4):
        if into % tokens == 0 and into // tokens <= 5:
            return PlainPerceptron((), layers, turned, tokens, 0 if into == tokens else into // tokens)
    return None
