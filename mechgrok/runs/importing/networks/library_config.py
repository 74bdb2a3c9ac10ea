"""The options of a TransformerLens config: which of them our networks have, and whether they belong to the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.importing.networks import options
from mechgrok.runs.importing.networks.neurons import BY_MODULE

_FIXED: dict[str, tuple[Any, ...]] = {
    "attention_dir": ("causal", "bidirectional"),
    "attn_scores_soft_cap": (-1.0, None),
    "output_logits_soft_cap": (-1.0, None),
    **dict.fromkeys(
        (
            "parallel_attn_mlp",
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
"""Options that change what the network computes, and their values in the networks that we can run, the usual one first."""
_SIZES = {
    "n_layers": "layers",
    "n_heads": "heads",
    "d_model": "d_model",
    "d_head": "d_head",
    "d_vocab": "d_vocab",
    "d_vocab_out": "d_vocab_out",
    "n_ctx": "n_ctx",
}
_PARTS = ("positional_embedding_type", "gated_mlp")
_CHOSEN = ("act_fn", "normalization_type", "use_attn_scale", "attn_scale", "eps", "attention_coefficient")
_SIGNS = ("act_fn", "normalization_type", "attention_dir", "n_ctx")
"""Names that no other program's config has."""


def of_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The options of TransformerLens among facts of any origin; none where no name shows that they are a config of this library."""
    if not any(name in facts for name in _SIGNS):
        return {}
    return {name: facts[name] for name in (*_CHOSEN, *_PARTS, *_FIXED, *_SIZES) if name in facts}


def require_ours(config: Mapping[str, Any], sizes: Mapping[str, int], *, rotary: bool, gated: bool) -> None:
    """Raises UserError for a network that is none of ours, and for a config that does not belong to the weights."""
    parts = {"positional_embedding_type": ("rotary",) if rotary else ("standard",), "gated_mlp": (True,) if gated else (False, None)}
    for option, allowed in {**_FIXED, **parts}.items():
        if option in config and config[option] not in allowed:
            possible = " or ".join(repr(each) for each in allowed if each is not None)
            raise UserError(f"the file's network has {option} = {config[option]!r:.80}; only {possible} can be imported; {BY_MODULE}")
    for option, axis in _SIZES.items():
        if option in config and axis in sizes and config[option] not in (sizes[axis], -1):
            raise UserError(f"the file's config has {option} = {config[option]!r:.80}, but its weights have {sizes[axis]}")
    eps = config.get("eps", 1e-5)
    if not isinstance(eps, float) or not 0 <= eps < 1:
        raise UserError(f"the file's config has eps = {eps!r:.80}; LayerNorm needs a small positive number")
    coefficient = config.get("attention_coefficient", 1.0)
    if type(coefficient) not in (int, float) or not 0 <= coefficient <= 1:
        raise UserError(f"the file's config has an attention coefficient of {coefficient!r:.80}; it must be a number from 0 to 1")


def unknown_activation(named: Any) -> UserError:
    """The error for an activation that no network here has."""
    return UserError(f"the file's activation is {named!r:.80}; networks with {', '.join(options.ACTIVATIONS)} can be imported")
