"""What the sources say of the runs of their presets, in plain Python and torch."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import described_networks as described
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Source:
    """What a source says of its run."""

    network: Callable[[described.Weights, Tensor], Tensor]
    rows: tuple[int, int]
    parameters: int
    train: Callable[[int], list[int]]
    """Its split: the train rows of a table with so many."""
    tokens: Callable[[int, int, int], list[int]]
    label: Callable[[int, int, int], int]
    classes: int
    variance: tuple[float, float]
    """Of an initial logit: least and most that the scales of the initial weights allow."""
    optimizer: Callable[[list[Tensor]], torch.optim.Optimizer]
    warm_up: int = 0
    dtype: torch.dtype = torch.float64
    batch: Callable[[int], int] = lambda train: train
    clip: float = math.inf
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy
    p: int = 23
    """The modulus of the first steps, to save time."""


def python_shuffle(share: float) -> Callable[[int], list[int]]:
    def rows(count: int) -> list[int]:
        order = list(range(count))
        random.Random(0).shuffle(order)
        return order[: int(share * count)]

    return rows


def numpy_shuffle(seed: int, train: Callable[[int], int]) -> Callable[[int], list[int]]:
    def rows(count: int) -> list[int]:
        order = np.arange(count)
        np.random.RandomState(seed).shuffle(order)
        return order[: train(count)].tolist()

    return rows


def permuted(count: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(0))


def random_split(count: int) -> list[int]:
    halves = torch.utils.data.random_split(range(count), [0.3, 0.7], torch.Generator().manual_seed(23093))  # type: ignore[arg-type]
    return list(halves[0].indices)


def half(count: int) -> int:
    return round(50 * count / 100)


def auto(train: int) -> int:
    return min(512, math.ceil(train / 2))


def adamw(decay: float) -> Callable[[list[Tensor]], torch.optim.Optimizer]:
    return lambda weights: torch.optim.AdamW(weights, lr=1e-3, weight_decay=decay, betas=(0.9, 0.98), eps=1e-8)


def momentum(weights: list[Tensor]) -> torch.optim.Optimizer:
    return torch.optim.SGD(weights, lr=70_000, momentum=0.9)


def squared(logits: Tensor, labels: Tensor) -> Tensor:
    return F.mse_loss(logits, F.one_hot(labels, logits.shape[1]).to(logits))


def add(a: int, b: int, p: int) -> int:
    return (a + b) % p


def quotient(a: int, b: int, p: int) -> int:
    return a * pow(b, -1, p) % p


def anomalous(a: int, b: int, p: int) -> int:
    return b if b % 17 == 0 else (a + b) % p


def devon_variance(attended: float) -> float:
    """Xavier's weights keep the variance 2 of embedding and position at 1; every nn.Linear divides by 3 and adds a bias; ReLU halves."""
    neurons = ((attended / 3) / 3 + 1 / (3 * 128)) / 2
    return 128 * (neurons / 3 + 1 / (3 * 512))


# Where matrices keep the variance u of a token's vector, attention over three tokens adds u / 3 to it; an MLP of four times the width, with
# ReLU, adds twice what it reads, and with W_in at half the scale half of that. The unembedding multiplies by 128 over its own divisor.
SOURCES = {
    "nanda2023": Source(
        described.nanda, (3830, 8939), 226_816, python_shuffle(0.3), lambda a, b, p: [a, b, p], add, 114, (8 / 114, 8 / 114), adamw(1), 10
    ),
    "inglis2023": Source(
        described.nanda,
        (3830, 8939),
        226_816,
        numpy_shuffle(42, lambda count: int(0.3 * count)),
        lambda a, b, p: [a, b, p],
        add,
        114,
        (4 / 114, 4 / 114),
        adamw(1),
    ),
    "furuta2024": Source(
        described.furuta,
        (2822, 6587),
        2 * 102 * 128 + 4 * 128**2 + 2 * 128 * 512,
        python_shuffle(0.3),
        lambda a, b, p: [a, p + 1, b],
        add,
        102,
        (4 / 102, 4 / 102),
        adamw(1),
    ),
    "miml2025": Source(
        described.miml,
        (4704, 4705),
        2 * 239 * 128 + 2 * (4 * 128**2 + 2 * 128 * 512 + 4 * 128),
        numpy_shuffle(0, half),
        lambda a, b, p: [a, b],
        add,
        239,
        (1 / 6, 1 / 3),
        adamw(0.1),
        10,
        torch.float32,
        auto,
    ),
    "devon2024": Source(
        described.devon,
        (3831, 8938),
        2 * 114 * 128 + 3 * 128 + 4 * (128**2 + 128) + 2 * 128 * 512 + 512 + 128,
        random_split,
        lambda a, b, p: [a, b, p],
        anomalous,
        114,
        (devon_variance(1 / 3), devon_variance(1)),
        adamw(1),
        dtype=torch.float32,
    ),
    "oocl2024": Source(
        described.oocl,
        (10_692, 1189),
        557_294,
        lambda count: torch.nonzero(permuted(count) > 0.1 * count).ravel().tolist(),
        lambda a, b, p: [a, b, p],
        lambda a, b, p: (a * a + b * b) % p,
        110,
        (0.64, 0.64),
        adamw(0.1),
        1000,
        torch.float32,
        lambda train: 128,
        1.0,
    ),
    "power2022": Source(
        described.power,
        (4656, 4656),
        2 * 239 * 128 + 2 * (4 * 128**2 + 2 * 128 * 512 + 4 * 128),
        numpy_shuffle(0, half),
        lambda a, b, p: [p, a, p + 9, b, p + 1],
        quotient,
        239,
        (1 / 3, 1 / 3),
        adamw(1),
        10,
        torch.float32,
        auto,
    ),
    "gromov2023": Source(
        described.gromov,
        (4610, 4799),
        3 * 97 * 500,
        python_shuffle(0.49),
        lambda a, b, p: [a, b],
        add,
        97,
        (12 * 500 / (2 * 97 * 500) ** 2,) * 2,
        momentum,
        loss=squared,
        p=97,
    ),
    "zhong2023": Source(
        described.zhong,
        (2784, 697),
        2 * 59 * 128 + 2 * 128 + 4 * 128**2 + 2 * 128 * 512 + 512 + 128,
        lambda count: permuted(count)[: int(0.8 * count)].tolist(),
        lambda a, b, p: [a, b],
        add,
        59,
        (9 / 59, 9 / 59),
        adamw(2),
        10,
    ),
}
