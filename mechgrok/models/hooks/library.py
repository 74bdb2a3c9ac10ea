"""TransformerLens' own modules. Only `hooked.py` imports this file, and only when such a module is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from mechgrok.models.shape import Shape

if TYPE_CHECKING:
    from transformer_lens.HookedRootModule import HookedRootModule


def hooked_transformer(shape: Shape, weights: Mapping[str, Tensor]) -> HookedRootModule:
    """The HookedTransformer of TransformerLens 3."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    model = HookedTransformer(HookedTransformerConfig(**_options(shape, weights["embed.W_E"].dtype)))
    model.load_state_dict(dict(weights), strict=False)
    return model


def bridge(shape: Shape, weights: Mapping[str, Tensor]) -> HookedRootModule:
    """The TransformerBridge of TransformerLens 4, whose hook points have these names, too; its parameters have others."""
    from transformer_lens.config import TransformerBridgeConfig
    from transformer_lens.model_bridge.sources import native
    from transformer_lens.utilities.tl_checkpoint_conversion import convert_tl_checkpoint

    from mechgrok.models.hooks.bridged import mend

    dtype = weights["embed.W_E"].dtype
    config = TransformerBridgeConfig(**_options(shape, dtype))
    model = native.boot(config, dtype=dtype, device="cpu")
    model.load_state_dict(convert_tl_checkpoint(dict(weights), config), strict=True)
    mend(model)
    return model


def _options(shape: Shape, dtype: torch.dtype) -> dict[str, Any]:
    """Of a config of either version."""
    return {
        "n_layers": shape.layers,
        "n_heads": shape.heads,
        "d_model": shape.d_model,
        "d_head": shape.d_head,
        "d_mlp": shape.d_mlp,
        "d_vocab": shape.d_vocab,
        "d_vocab_out": shape.d_vocab_out,
        "n_ctx": shape.n_ctx,
        "act_fn": "relu" if shape.attn_only else shape.activation,
        "normalization_type": shape.normalization,
        "attention_dir": shape.attention_direction,
        "attn_only": shape.attn_only,
        "eps": shape.eps,
        "init_weights": False,
        "device": "cpu",
        "dtype": dtype,
    }
