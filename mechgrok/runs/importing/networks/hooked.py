"""A HookedTransformer's parameters, which name the network up to the options of its config."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.transformer import Transformer
from mechgrok.runs.importing import library_parts, parameters
from mechgrok.runs.importing.networks import library_config, options, rotary
from mechgrok.runs.importing.networks.structure import Reading, Recognised, State, Structure

_INVERSE_ROOT = "1/sqrt(d_head)"
_EPS = (1e-5, 1e-6, 1e-8, 1e-12)
"""The first is the library's."""


@dataclass(frozen=True, eq=False)
class HookedNetwork(Structure):
    """Parameters by TransformerLens' names, and the options of its config that are known."""

    sizes: Mapping[str, int]
    shapes: Mapping[str, tuple[int, ...]]
    tensors: tuple[Recognised, ...]
    """Those of the file."""
    norm_biases: bool
    """Whether the file has biases of norms."""
    config: Mapping[str, Any]
    rotary_base: float | None = None
    """Where queries and keys are rotated."""
    mixed: bool = False
    """Whether the attention may be mixed with a constant one, after Zhong et al. 2023."""

    @classmethod
    def of(
        cls, weights: Mapping[str, Tensor], given: Mapping[str, Any], config: Mapping[str, Any], *, mixed: bool = False
    ) -> HookedNetwork:
        """The network of complete `weights`, of which the file has those `given`. Raises UserError for a config of another one."""
        base, gated = library_parts.base_of(given), library_parts.has_gates(given)
        sizes = parameters.sizes(weights) | {"layers": parameters.layers(weights)}
        library_config.require_ours(config, sizes, rotary=base is not None, gated=gated)
        shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        norm_biases = any(name.endswith(".b") for name in given if name in shapes)
        return cls(parameters.sizes(weights), shapes, parameters.recognised(given, weights), norm_biases, config, base, mixed)

    @property
    def recognised(self) -> tuple[Recognised, ...]:
        return self.tensors

    @property
    def tokens(self) -> int:  # type: ignore[override]
        return self.sizes["d_vocab"]

    @property
    def outputs(self) -> int:  # type: ignore[override]
        return self.sizes["d_vocab_out"]

    @property
    def longest(self) -> int | None:  # type: ignore[override]
        return self.sizes.get("n_ctx")

    @property
    def gated(self) -> bool:
        """Whether the neurons are gated."""
        return "blocks.0.mlp.W_gate" in self.shapes

    @cached_property
    def choices(self) -> Mapping[str, Sequence[Any]]:
        found: dict[str, Sequence[Any]] = {
            "normalization": self._normalizations(),
            "attention_scale": self._scales(),
            "mask": (self.config["attention_dir"],) if "attention_dir" in self.config else options.MASKS,
            "activation": self._activations(),
            "attention_coefficient": self._coefficients(),
            "positions": ("rotary",) if self.rotary_base else (),
            "eps": (self.config["eps"],) if "eps" in self.config else _EPS,
        }
        return {name: tuple(values) for name, values in found.items() if values}

    def _normalizations(self) -> Sequence[str | None]:
        normed = parameters.has_layernorm(self.shapes)
        fitting = (("LN",) if self.norm_biases else ("RMS", "LN")) if normed else (None, "LNPre", "RMSPre")
        if "normalization_type" not in self.config:
            return fitting
        named = self.config["normalization_type"]
        if named not in fitting:
            have = "have" if normed else "have no"
            raise UserError(f"the file's config has normalization_type {named!r:.80}, and its weights {have} LayerNorm weights")
        return (named,)

    def _scales(self) -> Sequence[str | float]:
        """The factors of the scores: a name of `options.SCALES`, or the divisor of the config."""
        if self.config.get("use_attn_scale") is False:
            return ("1",)
        divisor = self.config.get("attn_scale")
        if isinstance(divisor, float) and 0 < divisor < math.inf:
            return (_INVERSE_ROOT,) if math.isclose(divisor, math.sqrt(self.sizes["d_head"]), rel_tol=1e-4) else (divisor,)
        return (_INVERSE_ROOT,) if "use_attn_scale" in self.config else options.scales(self.sizes["d_head"], self.sizes["d_model"])

    def _coefficients(self) -> Sequence[float]:
        """Of Zhong et al. 2023; networks of two tokens in their code's orientation may have it, and their published ones have mostly 0."""
        named = self.config.get("attention_coefficient")
        return (float(named),) if named is not None else (1.0, 0.0) if self.mixed else ()

    def _activations(self) -> Sequence[str]:
        if "d_mlp" not in self.sizes:
            return ()
        named = self.config.get("act_fn")
        if named is None:
            return options.ACTIVATIONS
        if named not in options.ACTIVATIONS:
            raise library_config.unknown_activation(named)
        return (named,)

    def model(self, reading: Reading) -> Transformer:
        sizes = {name: self.sizes[name] for name in ("heads", "d_model", "d_head")}
        return Transformer(
            **sizes,
            n_ctx=self.longest,
            positions="rotary" if self.rotary_base else "learned",
            rotary_base=self.rotary_base or rotary.BASE,
            gated=self.gated,
            layers=parameters.layers(self.shapes),
            d_mlp=self.sizes.get("d_mlp", 4 * self.sizes["d_model"]),
            activation=reading.get("activation", "relu"),
            normalization=reading["normalization"],
            eps=reading["eps"],
            attn_only="d_mlp" not in self.sizes,
            attention_direction=reading["mask"],
            attention_coefficient=reading.get("attention_coefficient", 1.0),
            pooling="mean" if reading.get("read") == "mean" else "last",
            biases="all",
            init="transformer_lens",
        )

    def weights(self, state: State, reading: Reading) -> dict[str, Tensor]:
        dropped = ".b" if "RMS" in str(reading["normalization"]) else None
        factor = self._factor(reading["attention_scale"])
        kept = {name: tensor for name, tensor in state.items() if dropped is None or not name.endswith(dropped)}
        return {name: tensor * factor if name.endswith((".W_Q", ".b_Q")) and factor != 1 else tensor for name, tensor in kept.items()}

    def _factor(self, scale: str | float) -> float:
        d_head, d_model = self.sizes["d_head"], self.sizes["d_model"]
        return math.sqrt(d_head) / scale if isinstance(scale, float) else options.factor_of_queries(scale, d_head, d_model)
