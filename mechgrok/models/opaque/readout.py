"""The map from the named neurons of a module to its logits, tested by moving the neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mechgrok.models.opaque.module_network import W_U, ModuleNetwork
from mechgrok.models.opaque.noise import noisy
from mechgrok.models.opaque.outputs import logits_at_read, of_tuple

_SIZE = 1e-2
_TOLERANCE = 1e-3


def readout(network: ModuleNetwork, held: Mapping[str, Tensor], tokens: Tensor) -> dict[str, Any]:
    """The facts `readout` and `linear`: which product of named matrices maps neurons to logits, and whether moved neurons confirm it.

    W_U alone is taken for the map only where that is confirmed; W_out W_U also where the readout is not linear, as behind a LayerNorm.
    """
    last = f"blocks.{network.layers - 1}.mlp.W_out"
    if not network.has_neurons or W_U not in network.places:
        return {}
    # Near the weights of the module: a layer that begins at zero would confirm every map.
    weights = network.stored(noisy(held, 0))
    unembedding = network.unembedding(weights)
    if last in network.places:
        W_out = weights[last]
        fits = W_out.ndim == 2 and W_out.shape[1] == len(unembedding)
        return {"readout": "W_out", "linear": _confirmed(network, weights, tokens, W_out @ unembedding)} if fits else {}
    return {"readout": "W_U", "linear": True} if _confirmed(network, weights, tokens, unembedding) else {}


def _confirmed(network: ModuleNetwork, weights: dict[str, Tensor], tokens: Tensor, W_L: Tensor) -> bool:
    """Whether moving the neurons at the read position moves the logits by the same times W_L."""
    assert network.caller is not None
    moves: list[Tensor] = []

    def move(value: Any) -> Any:
        found = of_tuple(network.neurons, value)
        if found is None or found.shape[-1] != len(W_L):
            return None
        step = torch.randn(len(tokens), found.shape[-1], generator=torch.Generator().manual_seed(0)).to(found) * _SIZE
        moves.append(step.double().cpu())
        return _moved(found, step)

    parameters = network.of_module(weights)
    with torch.no_grad():
        before, _ = network.caller(parameters, network.buffers, tokens, {})
        after, _ = network.caller(parameters, network.buffers, tokens, {}, {network.places[network.neurons]: move})
    if len(moves) != 1:
        return False
    change = (logits_at_read(after, len(tokens)).double() - logits_at_read(before, len(tokens)).double()).cpu()
    expected = moves[0] @ W_L
    return bool((change - expected).norm() <= _TOLERANCE * expected.norm())


def _moved(value: Tensor, step: Tensor) -> Tensor:
    """An activation with a step added at the read position."""
    moved = value.clone()
    if value.ndim == 2:
        return moved + step
    if len(value) == len(step):
        moved[:, -1] += step
    else:
        moved[-1] += step
    return moved
