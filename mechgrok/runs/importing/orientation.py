"""Weights in the orientation of the code of Nanda et al. 2023, which others grew theirs from: vectors are columns there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError

TWO_AXES = "W_O with two axes"
"""The feature of this orientation; the W_O of TransformerLens has three axes."""


def to_hooked_transformer(model: Any) -> dict[str, Any]:
    """The weights in TransformerLens' orientation; what is not a matrix of the paper's keeps its shape."""
    if not isinstance(model, dict):
        raise UserError("a state dict of the file is no dict; save model.state_dict() alone")
    heads = _heads(model)
    return {str(name): _turned(str(name), value, heads) for name, value in model.items()}


def _heads(model: Mapping[str, Any]) -> int:
    queries = model.get("blocks.0.attn.W_Q")
    if not isinstance(queries, Tensor) or queries.ndim != 3:
        raise UserError("blocks.0.attn.W_Q is not of shape (head, d_head, d_model), as beside a two-dimensional W_O it must be")
    return queries.shape[0]


def _turned(name: str, value: Any, heads: int) -> Any:
    leaf = name.rpartition(".")[2]
    if leaf == "W_O":
        return _by_head(name, value, heads)
    turn = _TURNS.get(leaf)
    if turn is None or not isinstance(value, Tensor):
        return value
    if value.ndim != turn[0]:
        raise UserError(f"{name[:80]!r} has {value.ndim} axes where the paper's format has {turn[0]}")
    return turn[1](value)


_TURNS: dict[str, tuple[int, Callable[[Tensor], Tensor]]] = {
    "W_E": (2, lambda matrix: matrix.T),
    "W_in": (2, lambda matrix: matrix.T),
    "W_out": (2, lambda matrix: matrix.T),
    **dict.fromkeys(("W_Q", "W_K", "W_V"), (3, lambda matrices: matrices.transpose(1, 2))),
}


def _by_head(name: str, value: Any, heads: int) -> Tensor:
    """(d_model, head * d_head) -> (head, d_head, d_model)."""
    if not isinstance(value, Tensor) or value.ndim != 2 or not value.numel() or not heads or value.shape[1] % heads:
        raise UserError(f"{name[:80]!r} is not of shape (d_model, {heads} * d_head)")
    return value.reshape(len(value), heads, -1).permute(1, 2, 0)
