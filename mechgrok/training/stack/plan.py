"""Which runs of several seeds are stacked with which."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mechgrok.config import Config
from mechgrok.models.shape import Shape
from mechgrok.processes import cores
from mechgrok.training.execution import Execution
from mechgrok.training.stack.coverage import obstacle

log = logging.getLogger(__name__)

SMALL = 2**18
"""Neurons of all train rows up to which one core trains a stack faster than its runs one after the other (`benchmarks/stacked.py`)."""
MOST = 16
"""Runs of a stack on a CPU; larger ones are no faster."""


def stacks(configs: Mapping[int, Config], execution: Execution) -> list[list[int]] | None:
    """The seeds of each stack; None where runs are not stacked. On a GPU all are one stack, on a CPU each core has its own."""
    on_cpu = execution.device == "cpu"
    if execution.forward == "plain" or (on_cpu and len(configs) <= cores()):
        return None
    some, masks = next(iter(configs.values())), [each.split.train_rows(each.task) for each in configs.values()]
    reason = obstacle(some, masks)
    if reason and not on_cpu and len(configs) > 1:
        log.warning("each run is trained in a process of its own: %s", reason)
    if reason or (on_cpu and not _is_small(some, masks[0])):
        return None
    return list(_shared(list(configs), cores())) if on_cpu else [list(configs)]


def _is_small(config: Config, is_train: np.ndarray) -> bool:
    network = config.model.architecture(config.task)
    return isinstance(network, Shape) and int(is_train.sum()) * network.d_mlp <= SMALL


def shared_out(configs: Sequence[Config], execution: Execution, count: int) -> list[list[int]]:
    """Runs of one config with several seeds, by their places, in `count` stacks of about one size; each alone where that is faster.

    More stacks are made where they would be too large.
    """
    alone = [[place] for place in range(len(configs))]
    if execution.forward == "plain" or count >= len(configs) or not _on_cpu(execution):
        return alone
    masks = [each.split.train_rows(each.task) for each in configs]
    if obstacle(configs[0], masks) or not _is_small(configs[0], masks[0]):
        return alone
    return list(_shared(range(len(configs)), count))


def _on_cpu(execution: Execution) -> bool:
    import torch

    return execution.device == "cpu" or (execution.device == "auto" and not torch.cuda.is_available())


def _shared(seeds: Sequence[int], least: int) -> Iterator[list[int]]:
    """The seeds in stacks of about one size: `least`, or more where they would be too large."""
    count = max(least, -(-len(seeds) // MOST))
    return (list(seeds[i::count]) for i in range(count))
