"""The options of networks that several kinds of model share, without torch."""

from __future__ import annotations

from typing import Literal

Activation = Literal[
    "relu",
    "gelu",
    "gelu_new",
    "quadratic",
    "silu",
    "tanh",
    "sigmoid",
    "leaky_relu",
    "identity",
    "elu",
    "selu",
    "mish",
    "softplus",
    "relu2",
    "quick_gelu",
    "sin",
]
"""gelu is x times the normal distribution function, gelu_new its approximation by tanh, quadratic x^2, silu x sigmoid(x); leaky_relu has
slope .01 below zero, and identity is x. elu is x above zero and e^x - 1 below, selu the same with the scales of Klambauer et al. 2017, mish
x tanh(softplus(x)), softplus ln(1 + e^x), relu2 the square of relu, quick_gelu x sigmoid(1.702 x)."""
Normalization = Literal["LN", "LNPre", "RMS", "RMSPre", "post", "post-unbiased", "postRMS"]
"""The first four before attention, MLP and unembedding, the others after each addition. LN, post: LayerNorm with weights and biases; RMS,
postRMS: x / sqrt(mean x^2 + eps) with weights; LNPre, RMSPre: without weights and biases; post-unbiased: over d_model - 1."""
Positions = Literal["learned", "none", "sinusoidal", "rotary", "alibi"]
"""How a network knows the positions of its tokens; `Transformer.positions` describes them."""
