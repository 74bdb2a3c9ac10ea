"""The architecture of foreign weights: sizes from their shapes, everything else from the config of the file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.networks import library_config


def infer_architecture(weights: Mapping[str, Tensor], config: Mapping[str, Any]) -> Architecture:
    """Sizes from the shapes of complete `weights`; activation, eps, LNPre and attention coefficient from `config` where it names them.

    Without a word on it the activation is relu. Without an MLP `d_mlp` is 4 d_model, which means nothing. Without W_pos `config` must
    name n_ctx. Raises UserError where the config contradicts the shapes or asks for what our networks do not do.
    """
    found = parameters.sizes(weights)
    _require_ours(config, found)
    return Architecture(
        layers=parameters.layers(weights),
        heads=found["heads"],
        d_model=found["d_model"],
        d_head=found["d_head"],
        d_mlp=found.get("d_mlp", 4 * found["d_model"]),
        d_vocab=found["d_vocab"],
        d_vocab_out=found["d_vocab_out"],
        n_ctx=found["n_ctx"] if parameters.POSITIONS in weights else config["n_ctx"],
        activation=_activation(config),
        normalization=_normalization(weights, config),
        attn_only=not parameters.has_mlp(weights),
        eps=config.get("eps", 1e-5),
        attention_coefficient=float(config.get("attention_coefficient", 1.0)),
        positions="learned" if parameters.POSITIONS in weights else "none",
    )


def assumptions(weights: Mapping[str, Tensor], config: Mapping[str, Any]) -> tuple[str, ...]:
    """The assumptions of `architecture` where the file states nothing."""
    notes = []
    if "act_fn" not in config and parameters.has_mlp(weights):
        notes.append("the file does not name the activation: taken to be relu")
    if "normalization_type" not in config and not parameters.has_layernorm(weights):
        notes.append("the file has no LayerNorm weights and no config: taken to have no normalization")
    return tuple(notes)


def _activation(config: Mapping[str, Any]) -> Literal["relu", "gelu", "quadratic"]:
    activation = config.get("act_fn", "relu")
    if activation is None:
        return "relu"
    if activation not in ("relu", "gelu", "quadratic"):
        raise UserError(f"the file's activation is {activation!r}; networks with relu, gelu and quadratic can be imported")
    return activation  # type: ignore[no-any-return]


def _normalization(weights: Mapping[str, Tensor], config: Mapping[str, Any]) -> Literal["LN", "LNPre"] | None:
    normed = parameters.has_layernorm(weights)
    named = config.get("normalization_type", "LN" if normed else None)
    if named not in ("LN", "LNPre", None) or normed != (named == "LN"):
        raise UserError(
            f"the file's config has normalization_type {named!r}, and its weights {'have' if normed else 'have no'} LayerNorm weights"
        )
    return named  # type: ignore[no-any-return]


def _require_ours(config: Mapping[str, Any], found: Mapping[str, int]) -> None:
    library_config.require_ours(config, found, rotary=False, gated=False)
    if config.get("attention_dir", "causal") != "causal" or config.get("use_attn_scale", True) is not True:
        raise UserError("the file's config has attention_dir or use_attn_scale of another network than its format has")
    _require_scale(config.get("attn_scale"), math.sqrt(found["d_head"]))


def _require_scale(scale: Any, ours: float) -> None:
    if isinstance(scale, float) and scale > 0 and not math.isclose(scale, ours, rel_tol=1e-4):
        raise UserError(f"the file's network divides attention scores by {scale:g}; only sqrt(d_head) = {ours:g} can be imported")
