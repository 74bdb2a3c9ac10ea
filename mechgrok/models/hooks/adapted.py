"""Modules of a HookedTransformer for what TransformerLens has no option for. Imports the library, so only `hooked.py` imports it."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformer_lens import HookedTransformer
from transformer_lens.components.layer_norm import LayerNorm
from transformer_lens.components.transformer_block import TransformerBlock
from transformer_lens.components.unembed import Unembed
from transformer_lens.hook_points import HookPoint

from mechgrok.models.forward.dropout import Masks, drop
from mechgrok.models.forward.norms import unbiased
from mechgrok.models.shape import Shape


class WithRegisters(HookedTransformer):
    """Learned vectors stand behind the tokens; they see, and are seen from, every position, and have no logits."""

    def add_registers(self, count: int) -> None:
        """Makes them, as `registers.W_R` (count, d_model), and lets attention see them."""
        self.registers = nn.ParameterDict({"W_R": torch.empty(count, self.cfg.d_model, dtype=self.cfg.dtype)})
        for block in self.blocks:
            vars(block.attn)["_make_causal_mask"] = _Visible(count)

    def input_to_embed(self, *arguments: Any, **options: Any) -> Any:
        """The library's, and the registers."""
        residual, *others = super().input_to_embed(*arguments, **options)
        return torch.cat([residual, self.registers["W_R"].expand(len(residual), -1, -1)], dim=1), *others


class _Visible:
    """Replaces the causal mask of an attention module."""

    def __init__(self, registers: int) -> None:
        self.registers = registers

    def __call__(self, query_ctx_length: int, key_ctx_length: int, past_kv_pos_offset: int, device: torch.device) -> Tensor:
        query, key = (torch.arange(length, device=device) for length in (query_ctx_length, key_ctx_length))
        first = key_ctx_length - self.registers
        return ((key <= query[:, None]) | (key >= first) | (query[:, None] >= first))[None, None]


class UnbiasedLayerNorm(LayerNorm):
    """Divides by the standard deviation over d_model - 1, and adds eps to that, not to its square."""

    def forward(self, x: Tensor) -> Tensor:
        return unbiased(x, self.w, self.b, self.eps)


class Block(TransformerBlock):
    """A block whose LayerNorms come after the additions, or that adds nothing, or that drops some of what its MLP writes.

    Hook points are those of the library's block; as in its BertBlock `hook_resid_mid` and `hook_resid_post` are before the LayerNorm,
    and `hook_normalized_resid_post` is what leaves the block.
    """

    def __init__(self, cfg: Any, index: int, shape: Shape) -> None:
        super().__init__(cfg, index)
        self.residual, self.post_norm, self.rate = shape.residual, shape.post_norm, shape.dropout
        self.masks: Masks | None = None
        if shape.post_norm:
            norm = UnbiasedLayerNorm if shape.normalization == "post-unbiased" else LayerNorm
            self.ln1 = norm(cfg)
            if not shape.attn_only:
                self.ln2 = norm(cfg)
            self.hook_normalized_resid_post = HookPoint()

    def forward(self, resid_pre: Tensor, *_: Any, attention_mask: Tensor | None = None, **__: Any) -> Tensor:  # type: ignore[override]
        before = self.hook_resid_pre(resid_pre)
        x = before if self.post_norm else self.ln1(before)
        out = self.hook_attn_out(self.attn(query_input=x, key_input=x, value_input=x, attention_mask=attention_mask))
        after = before + out if self.residual else out
        if self.cfg.attn_only:
            return self._leaving(self.ln1, self.hook_resid_post(after))
        after = self.hook_resid_mid(after)
        if self.post_norm:
            after = self.ln1(after)
        out = self.hook_mlp_out(drop(self.mlp(after if self.post_norm else self.ln2(after)), self.rate, self.masks))
        return self._leaving(self.ln2, self.hook_resid_post(after + out if self.residual else out))

    def _leaving(self, norm: nn.Module, x: Tensor) -> Tensor:
        return self.hook_normalized_resid_post(norm(x)) if self.post_norm else x


class Reading(Unembed):
    """An unembedding that leaves registers out, reads the mean of all positions up to a token's, or takes W_E for its matrix."""

    def __init__(self, cfg: Any, shape: Shape, embed: nn.Module) -> None:
        super().__init__(cfg)
        self.registers, self.mean = shape.registers, shape.pooling == "mean"
        self.tied = [embed] if shape.tied else []  # in a list, so that it is not a part of this module too
        if shape.tied:
            del self.W_U

    def __getattr__(self, name: str) -> Any:
        if name == "W_U" and self.__dict__.get("tied"):
            return self.tied[0].W_E.T
        return super().__getattr__(name)

    def forward(self, residual: Tensor) -> Tensor:
        x = residual[:, : residual.shape[1] - self.registers]
        if self.mean:
            x = x.cumsum(1) / torch.arange(1, 1 + x.shape[1], device=x.device, dtype=x.dtype)[:, None]
        return self.hook_out(F.linear(self.hook_in(x), self.W_U.T, self.b_U))


def adapt(model: HookedTransformer, shape: Shape) -> None:
    """Adds to a network of the library the options of `shape` that the library lacks.

    Where LayerNorms come after the additions, the network given has none.
    """
    if shape.positions != "learned":
        _fix_positions(model, shape)
    if shape.softmax == "softmax1":
        _fix_sinks(model)
    if isinstance(model, WithRegisters):
        model.add_registers(shape.registers)
    if shape.registers or shape.tied or shape.pooling == "mean":
        model.unembed = Reading(model.cfg, shape, model.embed)
    model.setup()


def own_blocks(shape: Shape) -> bool:
    """Whether the library's blocks would compute something else."""
    return shape.post_norm or not shape.residual or shape.dropout > 0


def _fix_positions(model: HookedTransformer, shape: Shape) -> None:
    table = shape.position({"embed.W_E": torch.empty(0, dtype=model.cfg.dtype)})
    del model.pos_embed.W_pos
    model.pos_embed.register_buffer("W_pos", table, persistent=False)


def _fix_sinks(model: HookedTransformer) -> None:
    """The library's attention sinks with scores of 0 add exp(0) = 1 to the denominator."""
    model.cfg.softmax1 = True  # type: ignore[attr-defined]
    for block in model.blocks:
        del block.attn.sinks
        block.attn.register_buffer("sinks", torch.zeros(model.cfg.n_heads, dtype=model.cfg.dtype), persistent=False)
