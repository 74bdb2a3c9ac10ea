"""The architecture of foreign weights: sizes from their shapes, everything else from the config of the file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.runs.importing import parameters

_OURS: dict[str, tuple[Any, ...]] = {
    "attention_dir": ("causal",),
    "positional_embedding_type": ("standard",),
    "use_attn_scale": (True,),
    "attn_scores_soft_cap": (-1.0, None),
    "output_logits_soft_cap": (-1.0, None),
    **dict.fromkeys(
        (
            "parallel_attn_mlp",
            "gated_mlp",
            "use_local_attn",
            "scale_attn_by_inverse_layer_idx",
            "post_embedding_ln",
            "final_rms",
            "use_normalization_before_and_after",
            "use_qk_norm",
            "use_logn_attn",
            "use_attention_sinks",
            "num_experts",
            "clip_qkv",
        ),
        (False, None),
    ),
}
"""Options of a TransformerLens config that change what the network computes, and their values in the networks that we can run."""
_SIZES = {
    "n_heads": "heads",
    "d_model": "d_model",
    "d_head": "d_head",
    "d_vocab": "d_vocab",
    "d_vocab_out": "d_vocab_out",
    "n_ctx": "n_ctx",
}


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
        eps=_eps(config),
        attention_coefficient=_coefficient(config),
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


def _eps(config: Mapping[str, Any]) -> float:
    eps = config.get("eps", 1e-5)
    if not isinstance(eps, float) or not 0 <= eps < 1:
        raise UserError(f"the file's config has eps = {eps!r}; LayerNorm needs a small positive number")
    return eps


def _coefficient(config: Mapping[str, Any]) -> float:
    coefficient = config.get("attention_coefficient", 1.0)
    if type(coefficient) not in (int, float) or not 0 <= coefficient <= 1:
        raise UserError(f"the file's config has an attention coefficient of {coefficient!r}; it must be a number from 0 to 1")
    return float(coefficient)


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
    for option, allowed in _OURS.items():
        if option in config and config[option] not in allowed:
            raise UserError(f"the file's network has {option} = {config[option]!r}; only {allowed[0]!r} can be imported")
    for option, axis in _SIZES.items():
        if option in config and axis in found and config[option] not in (found[axis], -1):
            raise UserError(f"the file's config has {option} = {config[option]!r}, but its weights have {found[axis]}")
    _require_scale(config.get("attn_scale"), math.sqrt(found["d_head"]))


def _require_scale(scale: Any, ours: float) -> None:
    if isinstance(scale, float) and scale > 0 and not math.isclose(scale, ours, rel_tol=1e-4):
        raise UserError(f"the file's network divides attention scores by {scale:g}; only sqrt(d_head) = {ours:g} can be imported")
