"""A trainer of the tiny config, and its split, table and loss written out."""

from __future__ import annotations

import random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mechgrok.config import Config
from mechgrok.training.execution import Execution
from mechgrok.training.trainer import Trainer

P = 7


def trainer(made: Config, forward: Any = "fast") -> Trainer:
    return Trainer(made, made.split.mask(P * P), Execution("cpu", 1, forward))


def split(fraction: float = 0.5, seed: int = 3) -> dict[str, list[int]]:
    """Train and test rows of the tiny config, drawn as the paper draws them."""
    rows = list(range(P * P))
    random.Random(seed).shuffle(rows)
    return {"train": rows[: int(fraction * P * P)], "test": rows[int(fraction * P * P) :]}


def table(rows: list[int]) -> tuple[Tensor, Tensor]:
    pairs = [divmod(row, P) for row in rows]
    return torch.tensor([[a, b, P] for a, b in pairs]), torch.tensor([(a + b) % P for a, b in pairs])


def loss(model: Any, rows: list[int]) -> Tensor:
    tokens, labels = table(rows)
    return F.cross_entropy(model(tokens)[:, -1].double(), labels)
