from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
import torch
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.inference.architecture import assumptions, infer_architecture


@pytest.fixture
def complete(small: dict[str, Tensor]) -> dict[str, Tensor]:
    return parameters.complete(small)[0]


def test_sizes_come_from_shapes(complete: dict[str, Tensor]) -> None:
    sizes = {"layers": 1, "heads": 2, "d_model": 5, "d_head": 3, "d_mlp": 7, "d_vocab": 11, "d_vocab_out": 10, "n_ctx": 4}
    options = {"activation": "relu", "normalization": None, "attn_only": False, "eps": 1e-5, "attention_coefficient": 1.0}
    assert asdict(infer_architecture(complete, {})) == asdict(Architecture(**sizes, **options))


def test_the_config_decides_what_shapes_cannot_tell(complete: dict[str, Tensor]) -> None:
    found = infer_architecture(complete, {"act_fn": "gelu", "normalization_type": "LNPre", "eps": 1e-6})
    assert (found.activation, found.normalization, found.eps) == ("gelu", "LNPre", 1e-6)


def test_what_is_assumed_is_said(complete: dict[str, Tensor]) -> None:
    assert len(assumptions(complete, {})) == 2
    assert assumptions(complete, {"act_fn": "relu", "normalization_type": None}) == ()


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"act_fn": "silu"}, "activation is 'silu'"),
        ({"normalization_type": "RMS"}, "normalization_type 'RMS'"),
        ({"normalization_type": "LN"}, "have no LayerNorm"),
        ({"attention_dir": "bidirectional"}, "attention_dir"),
        ({"positional_embedding_type": "rotary"}, "positional_embedding_type"),
        ({"parallel_attn_mlp": True}, "parallel_attn_mlp"),
        ({"n_heads": 3}, "n_heads = 3, but its weights have 2"),
        ({"attn_scale": 1.0}, "divides attention scores by 1"),
        ({"eps": "small"}, "eps = 'small'"),
    ],
)
def test_what_our_networks_do_not_do_is_refused(complete: dict[str, Tensor], config: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        infer_architecture(complete, config)


def test_layernorm_weights_contradict_a_config_without(complete: dict[str, Tensor]) -> None:
    normed = parameters.complete(complete | {f"{name}.w": torch.ones(5) for name in ("blocks.0.ln1", "blocks.0.ln2", "ln_final")})[0]
    assert infer_architecture(normed, {}).normalization == "LN"
    with pytest.raises(UserError, match="have LayerNorm weights"):
        infer_architecture(normed, {"normalization_type": None})
