"""The options of networks that several kinds of model share, without torch."""

from __future__ import annotations

from typing import Literal

Activation = Literal["relu", "gelu", "gelu_new", "quadratic", "silu", "tanh", "sigmoid", "leaky_relu", "identity"]
"""gelu is x times the normal distribution function, gelu_new its approximation by tanh, quadratic x^2, silu x sigmoid(x); leaky_relu has
slope .01 below zero, and identity is x."""
Normalization = Literal["LN", "LNPre", "RMS", "RMSPre", "post", "post-unbiased", "postRMS"]
"""The first four before attention, MLP and unembedding, the others after each addition. LN, post: LayerNorm with weights and biases; RMS,
postRMS: x / sqrt(mean x^2 + eps) with weights; LNPre, RMSPre: without weights and biases; post-unbiased: over d_model - 1."""
