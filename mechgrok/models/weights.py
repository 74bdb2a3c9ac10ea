"""The type of a network's weights."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

Weights = Mapping[str, Tensor]
"""The parameters of a network by their TransformerLens names."""
