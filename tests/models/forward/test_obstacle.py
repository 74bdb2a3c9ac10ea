"""Which configs of the library the fast forward pass accepts, and what it says of the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from transformer_lens_3 import only_3

from mechgrok.models.forward.obstacle import obstacle

pytestmark = only_3


def _config(**options: Any) -> Any:
    from transformer_lens import HookedTransformerConfig

    sizes = {
        "n_layers": 1,
        "n_heads": 2,
        "d_model": 8,
        "d_head": 4,
        "d_mlp": 8,
        "d_vocab": 6,
        "n_ctx": 3,
        "act_fn": "relu",
        "device": "cpu",
    }
    return HookedTransformerConfig(**(sizes | options))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"normalization_type": None, "act_fn": "gelu", "d_vocab_out": 5},
        {"normalization_type": "LNPre", "attn_only": True, "act_fn": None, "d_head": 7, "eps": 1e-3},
        {
            "use_attn_result": True,
            "use_split_qkv_input": True,
            "use_hook_mlp_in": True,
            "dtype": torch.float64,
            "init_mode": "xavier_normal",
        },
        {"seed": 3, "model_name": "mine"},
        {"normalization_type": "RMS", "act_fn": "gelu_new", "attention_dir": "bidirectional"},
        {"normalization_type": "RMSPre", "act_fn": "silu"},
    ],
)
def test_accepted(options: dict[str, Any]) -> None:
    assert obstacle(_config(**options)) is None


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"positional_embedding_type": "rotary"}, "positions are rotary, not learned"),
        ({"positional_embedding_type": "shortformer"}, "positions are shortformer"),
        ({"positional_embedding_type": "alibi"}, "positions are alibi"),
        ({"gated_mlp": True}, "the MLP is gated"),
        ({"parallel_attn_mlp": True}, "attention and MLP are parallel"),
        ({"act_fn": "gelu_fast"}, "the activation is gelu_fast, none of relu, gelu, gelu_new, quadratic, "),
        ({"act_fn": "solu_ln"}, "the activation is solu_ln"),
        ({"n_key_value_heads": 1}, "heads share keys and values"),
        ({"use_local_attn": True, "window_size": 2, "attn_types": ["local"]}, "attention is local"),
        ({"attn_scores_soft_cap": 50.0}, r"scores are capped at 50\.0"),
        ({"output_logits_soft_cap": 30.0}, r"logits are capped at 30\.0"),
        ({"attn_scale": 1.0}, r"scores are divided by 1\.0"),
        ({"use_attn_scale": False}, "scores are not divided"),
        ({"scale_attn_by_inverse_layer_idx": True}, "number of the layer"),
        ({"post_embedding_ln": True}, "embeddings are normalised"),
        ({"use_qk_norm": True}, "queries and keys are normalised"),
        ({"num_experts": 2, "experts_per_token": 1}, "mixture of 2 experts"),
        ({"final_rms": True}, "final_rms is True"),
        ({"clip_qkv": 8.0}, r"clip_qkv is 8\.0"),
        ({"original_architecture": "Olmo2ForCausalLM"}, "original_architecture is Olmo2ForCausalLM"),
        ({"use_normalization_before_and_after": True}, "use_normalization_before_and_after is True"),
        ({"use_attention_sinks": True}, "sinks with scores of their own"),
        ({"dtype": torch.bfloat16}, "bfloat16, neither float32 nor float64"),
    ],
)
def test_refused_with_a_reason(options: dict[str, Any], reason: str) -> None:
    found = obstacle(_config(**options))
    assert found is not None
    assert re.search(reason, found)


def test_an_option_that_the_library_adds_is_refused_once_it_is_used() -> None:
    from transformer_lens import HookedTransformerConfig

    @dataclass
    class Newer(HookedTransformerConfig):
        use_something_new: bool = False

    sizes = {"n_layers": 1, "d_model": 8, "d_head": 4, "d_vocab": 6, "n_ctx": 3, "device": "cpu"}
    assert obstacle(Newer(**sizes)) is None
    assert obstacle(Newer(**sizes, use_something_new=True)) == "the option use_something_new is True"
