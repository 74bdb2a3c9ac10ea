"""Why the fast forward pass would not compute what a HookedTransformer computes."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch

from mechgrok.models.forward.activations import ACTIVATIONS

_SIZES = {"d_model", "d_head", "n_layers", "n_ctx", "n_heads", "d_mlp", "d_vocab", "d_vocab_out", "eps", "attn_only", "n_params"}
_START = {"seed", "init_mode", "initializer_range", "init_weights", "device"}
_ORIGIN = {"model_name", "from_checkpoint", "checkpoint_index", "checkpoint_label_type", "checkpoint_value"}
_TEXT = {"tokenizer_name", "tokenizer_prepends_bos", "default_prepend_bos", "trust_remote_code"}
_HOOKS = {"use_attn_result", "use_split_qkv_input", "use_attn_in", "use_hook_mlp_in", "use_hook_tokens"}
_FREE = _SIZES | _START | _ORIGIN | _TEXT | _HOOKS
"""Options that the fast pass follows, or that do not change the function."""

_WORDS = {
    "act_fn": "the activation is {}, none of " + ", ".join(ACTIVATIONS),
    "dtype": "the weights are {}, neither float32 nor float64",
    "attn_scale": "scores are divided by {}, not by the root of d_head",
    "positional_embedding_type": "positions are {}, not learned and added to the tokens",
    "use_local_attn": "attention is local",
    "use_attn_scale": "scores are not divided by the root of d_head",
    "scale_attn_by_inverse_layer_idx": "scores are divided by the number of the layer",
    "attn_scores_soft_cap": "scores are capped at {}",
    "output_logits_soft_cap": "logits are capped at {}",
    "n_key_value_heads": "heads share keys and values",
    "parallel_attn_mlp": "attention and MLP are parallel",
    "gated_mlp": "the MLP is gated",
    "num_experts": "the MLP is a mixture of {} experts",
    "post_embedding_ln": "embeddings are normalised",
    "use_attention_sinks": "attention has sinks with scores of their own",
    "use_qk_norm": "queries and keys are normalised",
}


def obstacle(config: Any) -> str | None:
    """Why the fast forward pass does not apply to a network of this HookedTransformerConfig; None where it does.

    Every option that is not known to be followed must have its default value, so that one which the library adds is refused.
    """
    for option in dataclasses.fields(config):
        value = getattr(config, option.name)
        if not _followed(option, value, config):
            return _WORDS.get(option.name, "the option " + option.name + " is {}").format(value)
    return None


def _followed(option: dataclasses.Field[Any], value: Any, config: Any) -> bool:
    match option.name:
        case "act_fn":
            return config.attn_only or value in ACTIVATIONS
        case "normalization_type":
            return value in (None, "LN", "LNPre", "RMS", "RMSPre")
        case "attention_dir":
            return value in ("causal", "bidirectional")
        case "dtype":
            return value in (torch.float32, torch.float64)
        case "attn_scale":
            return math.isclose(value, math.sqrt(config.d_head))
        case name:
            return name in _FREE or value == option.default
