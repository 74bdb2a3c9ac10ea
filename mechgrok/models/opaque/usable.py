"""Modules that cannot be measured: without values, compiled for fixed weights, or no function of the tokens alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from mechgrok.errors import UserError

Call = Callable[[Tensor], Tensor]
"""From tokens (batch, pos) to logits (batch, classes)."""
_EQUAL = 1e-4
"""The largest difference, relative to the largest logit, that is rounding."""


def require_usable(module: nn.Module) -> None:
    """Raises UserError for a module whose parameters have no values yet, and for one that takes no other weights."""
    if isinstance(module, torch.jit.ScriptModule):
        raise UserError("a scripted or traced module takes no other weights; hand in the module that it was made from, or a function")
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if nn.parameter.is_lazy(tensor):
            raise UserError(f"{name} of the module has no shape yet; call the module once on tokens before")
        if tensor.is_meta:
            raise UserError(f"{name} of the module is on the device meta and has no values; load its weights before")


def require_function(call: Call, tokens: Tensor) -> None:
    """Raises UserError where two calls give other logits, or some logit is NaN."""
    first, again = (_seeded(call, tokens, seed) for seed in (1, 2))
    if first.isnan().any():
        row = tokens[first.isnan().any(1).nonzero()[0, 0]].tolist()
        raise UserError(f"the module gives NaN as a logit of row {row}, though its weights are finite")
    if _differ(first, again):
        raise UserError(
            "the module gives other logits at each call, also in evaluation mode; turn its random numbers off (F.dropout needs "
            "training=self.training)"
        )


def notes(call: Call, tokens: Tensor) -> Iterator[str]:
    """Whether the logits of a row depend on the others of its batch."""
    if len(tokens) > 1 and _differ(_seeded(call, tokens, 1)[:1], _seeded(call, tokens[:1], 1)):
        yield "the logits of a row depend on the other rows of its batch, so they are those of the whole table in one batch"


def _seeded(call: Call, tokens: Tensor, seed: int) -> Tensor:
    with torch.random.fork_rng([]), torch.no_grad():
        torch.manual_seed(seed)
        return call(tokens).double().cpu()


def _differ(one: Tensor, other: Tensor) -> bool:
    finite = one.isfinite() & other.isfinite()
    return bool(((one - other)[finite].abs() > _EQUAL * one[finite].abs().max()).any()) if finite.any() else False
