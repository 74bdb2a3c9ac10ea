"""Updates that are the same sequence of operations each time: recorded once as a CUDA graph, then replayed without waiting for Python."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

import torch

from mechgrok.config import Config

log = logging.getLogger(__name__)

WARM_UP = 3
"""Calls before the recording, in which libraries allocate their workspaces and the optimiser its moments (torch's notes on CUDA graphs)."""

Call = Callable[[], None]


class Graphs(Protocol):
    """How calls are warmed up and recorded."""

    def warm_up(self, call: Call) -> None:
        """Makes a call aside."""

    def record(self, call: Call) -> Call:
        """Records a call without making it; returns the function that replays it. Raises RuntimeError where it cannot be recorded."""


class CudaGraphs:
    """The graphs of a device of CUDA."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def warm_up(self, call: Call) -> None:
        """Makes a call on a stream of its own, as torch requires before a recording."""
        aside, usual = torch.cuda.Stream(self._device), torch.cuda.current_stream(self._device)
        aside.wait_stream(usual)
        with torch.cuda.stream(aside):
            call()
        usual.wait_stream(aside)

    def record(self, call: Call) -> Call:
        """Records the kernels of a call."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(self._device), torch.cuda.graph(graph):
            call()
        return graph.replay


def graphs_of(device: torch.device) -> Graphs | None:
    """The graphs of a device; None where it has none."""
    return CudaGraphs(device) if device.type == "cuda" else None


def is_static(config: Config) -> bool:
    """Whether all updates at one learning rate are the same operations on the same tensors."""
    return config.training.batch == "full" and config.optimizer.kind in ("adamw", "adam") and config.gradient.kind in ("none", "grokfast")


class Repeated:
    """Makes calls, each of which is the same operations as the last where they have the same key: then by replaying a recording."""

    def __init__(self, graphs: Graphs | None) -> None:
        """Without graphs each call is made as it is."""
        self._graphs = graphs
        self._key: object = None
        self._made = 0
        self._replay: Call | None = None

    def __call__(self, key: object, call: Call) -> None:
        """Makes a call once."""
        if self._graphs is None:
            call()
            return
        if key != self._key:
            self._key, self._made, self._replay = key, 0, None
        if self._made < WARM_UP:
            self._graphs.warm_up(call)
        else:
            self._replay = self._replay or self._recorded(self._graphs, call)
            self._replay()
        self._made += 1

    def _recorded(self, graphs: Graphs, call: Call) -> Call:
        try:
            return graphs.record(call)
        except RuntimeError as error:
            log.warning("updates are not recorded as a CUDA graph, and each waits for Python: %s", str(error).splitlines()[0])
            self._graphs = None
            return call
