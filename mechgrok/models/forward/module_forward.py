"""The forward pass of a torch module, as the library computes it."""

from __future__ import annotations

from torch import Tensor, nn

from mechgrok.models.forward import lengths
from mechgrok.models.forward.dropout import Masks


def logits(model: nn.Module, tokens: Tensor, masks: Masks | None = None) -> Tensor:
    """A module's own logits at the read position of each row (batch, d_vocab_out), with dropout only where there are masks.

    The submodules with dropout have an attribute `masks`.
    """
    droppers = [module for module in model.modules() if "masks" in vars(module)]
    for module in droppers:
        vars(module)["masks"] = masks
    try:
        return lengths.each(tokens, lambda rows: model(rows)[:, -1])
    finally:
        for module in droppers:
            vars(module)["masks"] = None
