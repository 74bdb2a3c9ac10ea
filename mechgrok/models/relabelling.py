"""Networks whose number tokens are renamed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mechgrok.models.network import Network
from mechgrok.models.opaque.module_network import ModuleNetwork


def relabelled(network: Network, weights: Mapping[str, Tensor], order: Tensor) -> tuple[Network, Mapping[str, Tensor]]:
    """A network and weights for which number i is what number order[i] was: rows of the embedding and columns of the unembedding permuted.

    The tokens and classes of a module of the user are permuted outside of it, so that nothing of its weights has to be known.
    """
    if isinstance(network, ModuleNetwork):
        return network.renamed(order), weights
    found = dict(weights)
    for name, axis in network.token_axes.items():
        if name in found:
            permuted = torch.cat([order, torch.arange(len(order), found[name].shape[axis])])
            found[name] = found[name].index_select(axis, permuted)
    return network, found
