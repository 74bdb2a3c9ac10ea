"""A plain PyTorch transformer, stored under HookedTransformer names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from mechgrok.models.transformer import Transformer
from mechgrok.runs.importing.networks import options, rotary
from mechgrok.runs.importing.networks.ends import Ends, rows_of
from mechgrok.runs.importing.networks.layers import Layer
from mechgrok.runs.importing.networks.matrices import AS_NAMED, MATRICES, TRANSPOSED, affine, bias, is_square, oriented
from mechgrok.runs.importing.networks.neurons import GATE
from mechgrok.runs.importing.networks.projections import FUSED, Fused
from mechgrok.runs.importing.networks.structure import ALL, Reading, Recognised, State, Structure
from mechgrok.runs.importing.networks.units import Unit
from mechgrok.tasks.layouts import LONGEST_ROW


@dataclass(frozen=True)
class PlainTransformer(Structure):
    """The units of a transformer by their roles."""

    ends: Ends
    layers: tuple[Layer, ...]
    d_model: int
    rotary_base: float | None = None
    """Where names are those of rotary positions."""

    @property
    def tokens(self) -> int:  # type: ignore[override]
        return rows_of(self.ends.tokens, self.d_model)

    @property
    def outputs(self) -> int:  # type: ignore[override]
        return self.tokens if self.ends.head is None else rows_of(self.ends.head, self.d_model)

    @property
    def longest(self) -> int | None:  # type: ignore[override]
        return None if self.ends.positions is None else rows_of(self.ends.positions, self.d_model)

    @property
    def width(self) -> int:
        """Number of heads times width of a head."""
        return self.layers[0].attention.projections.width(self.d_model)

    @property
    def has_norms(self) -> bool:
        """Whether there are norms with weights."""
        return bool(self.layers[0].norms)

    @property
    def attn_only(self) -> bool:
        return self.layers[0].neurons is None

    @property
    def named_by_hand(self) -> bool:
        return any(is_square(unit) and not unit.is_linear for _, unit in self._matrices())

    @cached_property
    def choices(self) -> Mapping[str, Sequence[Any]]:
        first = self.layers[0].attention.projections
        found: dict[str, Sequence[Any]] = {
            FUSED: first.orders(self.d_model) if isinstance(first, Fused) else (),
            MATRICES: self._orientations() if any(is_square(unit) for _, unit in self._matrices()) else (),
            "normalization": self._normalizations(),
            options.DIVISOR: (options.FEWER, options.ALL_DIMENSIONS) if self._has_annotated_norms else (),
            "embedding_scale": options.EMBEDDING_SCALES,
            "positions": self._kinds_of_positions(),
            "heads": options.heads_of(self.width, first.shared_width(self.d_model)) if first.heads is None else (first.heads,),
            "attention_scale": tuple(options.SCALES),
            "mask": options.MASKS,
            "activation": () if self.attn_only else options.activations(self._orientations()[0] == TRANSPOSED),
            GATE: () if self.layers[0].neurons is None else self.layers[0].neurons.gates,
            "eps": options.EPS,
        }
        return {name: tuple(values) for name, values in found.items() if values}

    def _orientations(self) -> tuple[str, str]:
        """As names of nn.Linear have it, unless the other matrices of these names are (in, out), like those of a Conv1D of GPT-2."""
        first = self.layers[0]
        into = [*first.attention.projections.units().values(), *(first.neurons.into if first.neurons else ())]
        shown = [unit.shape[0] == self.d_model for unit in into if unit.is_linear and unit.is_matrix and not is_square(unit)]
        return (TRANSPOSED, AS_NAMED) if shown and all(shown) else (AS_NAMED, TRANSPOSED)

    def _kinds_of_positions(self) -> tuple[str, ...]:
        if self.ends.positions is not None:
            return ()
        return options.POSITIONS if self.rotary_base is None else options.ROTARY

    def _normalizations(self) -> tuple[str | None, ...]:
        norms = self.layers[0].norms
        looks_post = bool(norms) and self.ends.norm is None and "self_attn" in self.layers[0].attention.output.path
        return options.normalizations(bool(norms), bool(norms) and norms[0].bias is not None, looks_post)

    @property
    def _has_annotated_norms(self) -> bool:
        """Whether norms have a_2 and b_2, as in the Annotated Transformer."""
        return self.has_norms and self.layers[0].norms[0].weight.endswith("a_2")

    def model(self, reading: Reading) -> Transformer:
        heads, normalization = reading["heads"], reading["normalization"]
        neurons, kind = self.layers[0].neurons, str(reading.get("positions")).split(" in pairs")[0]
        return Transformer(
            layers=len(self.layers),
            d_model=self.d_model,
            heads=heads,
            d_head=self.width // heads,
            d_mlp=4 * self.d_model if neurons is None else neurons.width(self.d_model),
            gated=neurons is not None and neurons.gated,
            activation=reading.get("activation", "relu"),
            normalization=normalization,
            final_norm=self._final_norm(normalization),
            eps=options.eps_of(reading["eps"], normalization, reading.get(options.DIVISOR)),
            attn_only=self.attn_only,
            attention_direction=reading["mask"],
            positions=kind if kind in options.UNADDED else "learned",  # type: ignore[arg-type]
            rotary_base=self.rotary_base or rotary.BASE,
            tied=self._is_tied(reading),
            pooling="mean" if reading.get("read") == "mean" else "last",
            n_ctx=None if kind in options.UNADDED else LONGEST_ROW if self.longest is None else self.longest,
            biases="all",
            init="transformer_lens",
        )

    def _is_tied(self, reading: Reading) -> bool:
        """Whether W_U is the transpose of W_E under our names, too: not where the embedding is scaled, or the classes are the numbers."""
        every_token = reading["classes"] == ALL or self.tokens == reading["row"].p
        return self.ends.tied and reading["embedding_scale"] == "1" and every_token

    def _final_norm(self, normalization: str | None) -> bool | None:
        return None if normalization is None or not self.has_norms else self.ends.norm is not None

    def weights(self, state: State, reading: Reading) -> dict[str, Tensor]:
        found = self._of_ends(state, reading)
        for i, layer in enumerate(self.layers):
            found |= {f"blocks.{i}.{name}": tensor for name, tensor in self._of_layer(layer, state, reading).items()}
        return found

    def _of_ends(self, state: State, reading: Reading) -> dict[str, Tensor]:
        embedding = (
            oriented(state, self.ends.tokens, self.tokens, {}) if not is_square(self.ends.tokens) else state[self.ends.tokens.weight]
        )
        factor = self.d_model**0.5 if reading["embedding_scale"] == "sqrt(d_model)" else 1
        head = self.ends.head
        W_U, b_U = (embedding.T, None) if head is None else affine(state, head, self.d_model, reading)
        found = {"embed.W_E": embedding * factor, "unembed.b_U": W_U.new_zeros(self.outputs) if b_U is None else b_U}
        found |= {} if self._is_tied(reading) else {"unembed.W_U": W_U}
        if self.ends.positions is not None:
            found["pos_embed.W_pos"] = self._positions(state[self.ends.positions.weight])
        elif reading["positions"].startswith("sinusoidal"):
            found["pos_embed.W_pos"] = options.sinusoids(reading["positions"], self.d_model)
        if self.ends.norm is not None and self.has_norms:
            found |= _norm("ln_final", self.ends.norm, state, reading)
        return found

    def _positions(self, stored: Tensor) -> Tensor:
        """(pos, d_model), which may be stored with an axis of length 1 or turned."""
        flat = stored.squeeze()
        return flat if flat.shape[-1] == self.d_model else flat.T

    def _of_layer(self, layer: Layer, state: State, reading: Reading) -> dict[str, Tensor]:
        attention = layer.attention.weights(state, reading, self.d_model, reading["heads"])
        factor = options.factor_of_queries(reading["attention_scale"], self.width // reading["heads"], self.d_model)
        scaled = {name: tensor * factor if name in ("W_Q", "b_Q") else tensor for name, tensor in attention.items()}
        if reading.get("positions") == "rotary in pairs":
            scaled |= {name: rotary.in_halves(scaled[name]) for name in ("W_Q", "W_K", "b_Q", "b_K")}
        found = {f"attn.{name}": tensor for name, tensor in scaled.items()}
        for name, norm in zip(("ln1", "ln2"), layer.norms, strict=False):
            found |= _norm(name, norm, state, reading)
        return found if layer.neurons is None else found | layer.neurons.weights(state, reading, self.d_model)

    def _matrices(self) -> Iterator[tuple[str, Unit]]:
        for i, layer in enumerate(self.layers):
            yield from ((f"blocks.{i}.{name}", unit) for name, unit in layer.attention.units.items())
            if layer.neurons is not None:
                yield from ((f"blocks.{i}.{name}", unit) for name, unit in layer.neurons.names())
        if self.ends.head is not None:
            yield "unembed.W_U", self.ends.head

    @property
    def recognised(self) -> tuple[Recognised, ...]:
        units = [("embed.W_E", self.ends.tokens)]
        units += [("pos_embed.W_pos", self.ends.positions)] if self.ends.positions else []
        units += self._matrices()
        units += [
            (f"blocks.{i}.{name}.w", norm)
            for i, each in enumerate(self.layers)
            for name, norm in zip(("ln1", "ln2"), each.norms, strict=False)
        ]
        units += [("ln_final.w", self.ends.norm)] if self.ends.norm else []
        return tuple(found for ours, unit in units for found in _lines(ours, unit))


def _lines(ours: str, unit: Unit) -> Iterator[Recognised]:
    yield Recognised(unit.weight, unit.shape, ours)
    if unit.bias is not None:
        yield Recognised(unit.bias, unit.bias_shape, ours.replace("W_", "b_") if "W_" in ours else f"{ours[:-1]}b")


def _norm(name: str, unit: Unit, state: State, reading: Reading) -> dict[str, Tensor]:
    """The weight, and for LayerNorm a bias."""
    weight, added = state[unit.weight], bias(state, unit)
    if reading.get(options.DIVISOR) == options.FEWER:
        weight = weight * (1 - 1 / len(weight)) ** 0.5
    found = {f"{name}.w": weight}
    return found if "RMS" in reading["normalization"] else found | {f"{name}.b": torch.zeros_like(weight) if added is None else added}
