"""Networks built by hand, whose algorithm is known."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from mechgrok import discovery
from mechgrok.config import Config
from mechgrok.data.splits.imported import Unknown
from mechgrok.models.transformer import Transformer
from mechgrok.runs import store
from mechgrok.runs.creation import create
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.task import Task


@dataclass(frozen=True)
class HandBuiltNetwork:
    """A hand-built network. Its module in `zoo` names it NETWORK.

    Attributes
    ----------
    name : str
    task : Task
    model : Transformer
    weights : callable
        Returns the tensors by HookedTransformer name.
    """

    name: str
    says: str
    """Its algorithm, in a line."""
    task: Task
    model: Transformer
    weights: Callable[[], Mapping[str, Tensor]]
    truth: Mapping[str, Any]
    """Finding -> expected value; findings without an expected value are left out."""


def zoo() -> list[HandBuiltNetwork]:
    """Every hand-built network."""
    return [module.NETWORK for module in discovery.modules("verification.zoo")]


@contextmanager
def temporary_run(network: HandBuiltNetwork) -> Iterator[Run]:
    """The network as a run of one checkpoint, in a temporary folder."""
    config = Config(task=network.task, split=Unknown(), model=network.model)
    weights = {name: tensor.float().contiguous() for name, tensor in network.weights().items()}
    files = [
        (str(store.weights_path(Path(), 0)), store.tensor_bytes(weights)),
        (store.METRICS, b"step,split,loss,accuracy\n"),
        (store.EXECUTION, b"{}"),
        (store.CONFIG, config.model_dump_json(indent=1).encode()),
    ]
    with tempfile.TemporaryDirectory() as folder:
        create(Path(folder) / network.name, iter(files))
        yield open_run(Path(folder) / network.name)
