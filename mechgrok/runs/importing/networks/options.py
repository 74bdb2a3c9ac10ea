"""The options that files of transformers leave open, and their conventional values first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, get_args

import torch
from torch import Tensor

from mechgrok.models.options import Activation
from mechgrok.tasks.layouts import LONGEST_ROW

ACTIVATIONS: tuple[str, ...] = get_args(Activation)
SCALES: dict[str, Callable[[int, int], float]] = {
    "1/sqrt(d_head)": lambda d_head, d_model: 1 / math.sqrt(d_head),
    "1": lambda d_head, d_model: 1.0,
    "1/sqrt(d_model)": lambda d_head, d_model: 1 / math.sqrt(d_model),
    "1/d_head": lambda d_head, d_model: 1 / d_head,
}
"""Factors of the scores."""


def activations(like_gpt2: bool) -> tuple[str, ...]:
    """All activations; gelu_new before gelu in networks that are stored like GPT-2, which has it."""
    others = [name for name in ACTIVATIONS if name != "gelu_new"]
    at = others.index("gelu")
    return (*others[:at], "gelu_new", *others[at:]) if like_gpt2 else ACTIVATIONS


def scales(d_head: int, d_model: int) -> tuple[str, ...]:
    """The names of `SCALES` with different factors."""
    by_factor = {factor(d_head, d_model): name for name, factor in reversed(SCALES.items())}
    return tuple(name for name in SCALES if name in by_factor.values())


def factor_of_queries(scale: str, d_head: int, d_model: int) -> float:
    """The factor of W_Q and b_Q that gives scores of another scale than 1 / sqrt(d_head)."""
    return 1.0 if scale == "1/sqrt(d_head)" else SCALES[scale](d_head, d_model) * math.sqrt(d_head)


MASKS = ("causal", "bidirectional")
EMBEDDING_SCALES = ("1", "sqrt(d_model)")
ROTARY = ("rotary", "rotary in pairs")
"""Entries i and i + d_head / 2 of queries and keys are rotated, or entries 2i and 2i + 1."""
ALIBI = "alibi"
POSITIONS = ("none", "sinusoidal", "sinusoidal in halves", *ROTARY, ALIBI)
UNADDED = ("none", "rotary", ALIBI)
"""Positions that are in no file, and those by our names that add nothing to the embeddings."""
EPS: tuple[float | None, ...] = (None, 1e-5, 1e-6, 1e-8, 1e-12)
"""None: PyTorch's, 1e-5 of nn.LayerNorm and 2^-23 of nn.RMSNorm."""


DIVISOR = "norm_divisor"
FEWER, ALL_DIMENSIONS = "d_model - 1", "d_model"
"""Norms with a_2 and b_2, after the Annotated Transformer, divide by the standard deviation over d_model - 1 plus 1e-6."""


def eps_of(value: float | None, normalization: str | None, divisor: str | None = None) -> float:
    """The eps of a reading. One that is added to the standard deviation is left out: it changes 1e-6 of it."""
    if value is None and divisor == FEWER:
        return 1e-12
    return value if value is not None else 2.0**-23 if "RMS" in str(normalization) else 1e-5


def heads_of(width: int, shared: int) -> tuple[int, ...]:
    """The numbers of heads that divide a width, and whose own width divides that of the keys; 4 and its neighbours first."""
    fitting = [heads for heads in range(1, min(width // 2, 64) + 1) if width % heads == 0 and shared % (width // heads) == 0]
    return tuple(sorted(fitting or [1], key=lambda heads: (abs(math.log2(heads) - 2), heads)))


def normalizations(with_weights: bool, with_biases: bool, looks_post: bool) -> tuple[str | None, ...]:
    """The kinds of norms whose parameters the file has."""
    if not with_weights:
        return (None, "LNPre", "RMSPre", "post", "postRMS")
    kinds = ("LN", "post") if with_biases else ("RMS", "postRMS", "LN", "post")
    return tuple(sorted(kinds, key=lambda kind: kind.startswith("post") != looks_post)) if looks_post else kinds


def sinusoids(kind: str, d_model: int) -> Tensor:
    """sin and cos of pos / 10000^(2i / d_model), in turn or one half after the other (pos, d_model)."""
    rates = 10000 ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    angles = torch.arange(LONGEST_ROW, dtype=torch.float64)[:, None] * rates
    waves: Sequence[Any] = (angles.sin(), angles.cos())
    joined = torch.cat(list(waves), 1) if kind == "sinusoidal in halves" else torch.stack(list(waves), 2).flatten(1)
    return joined[:, :d_model].float()
