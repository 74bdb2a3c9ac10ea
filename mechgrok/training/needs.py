"""The memory that training needs, checked before it begins: the network with its optimiser, and one update."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mechgrok import memory
from mechgrok.config import Config
from mechgrok.models.forward.row_width import row_width
from mechgrok.training.batches import rows_a_step

if TYPE_CHECKING:
    from mechgrok.models.network import Network

COPIES = 8
"""Of the parameters in float32: as drawn, in the module, gradients, moments, temporaries of the optimiser, the state as it is written."""
FIXED = 10**8
"""Buffers of the products, whatever their size."""
BYTES_OF_A_LOGIT = 20
"""Logit and gradient in float32, its probability in float64, and temporaries."""


def check(config: Config, train: int, device: str, runs: int = 1) -> None:
    """Raises UserError where networks, or an update of `runs` on their shares of `train` rows each, need more memory than is free."""
    network, length = config.model.architecture(config.task), config.task.row_length
    free = _free(device)
    weights = runs * check_network(network, free)
    rows = rows_a_step(config.training.batch, train) or train
    each = runs * bytes_of_a_row(network, length)
    fits = 0 if free is None else int((memory.SHARE * free - weights - FIXED) / each)
    several = f" of each of {runs} runs" if runs > 1 else ""
    memory.require(weights + FIXED + rows * each, f"an update on {rows:,} rows{several}", _remedy(fits), free)


def check_network(network: Network, free: int | None = None) -> int:
    """The bytes that training needs for the parameters. Raises UserError where fewer are `free`, by default of the machine's memory."""
    needed = COPIES * 4 * parameters(network)
    memory.require(needed, f"training a network of {parameters(network):,} parameters", "choose a smaller model", free)
    return needed


def parameters(network: Network) -> int:
    """How many parameters a network has; 0 where its shapes are not known."""
    return sum(map(math.prod, network.shapes.values()))


def bytes_of_a_row(network: Network, length: int) -> int:
    """What one row of a batch adds to the memory of an update in float32."""
    return 4 * row_width(network, length) + BYTES_OF_A_LOGIT * network.d_vocab_out


def _remedy(rows: int) -> str:
    digits = 10 ** max(0, len(str(rows)) - 2)
    return f"training.batch {rows // digits * digits} fits" if rows > 0 else "choose a smaller model or a smaller p"


def _free(device: str) -> int | None:
    """Bytes that are free where the network is trained."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.mem_get_info(device)[0]
    return memory.available()
