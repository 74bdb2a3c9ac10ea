"""What the code of Furuta et al. 2024 saves, and its forward pass, both written from the paper's description of the network alone."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

SIGNS = {"=": 0, "+": 1, "-": 2, "*": 3, "/": 4}


def network(p: int = 7, seed: int = 0, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Random weights, vectors as columns: p + 5 tokens, 2 heads of 3, d_model 6, 8 neurons."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {
        "embed.W_E": (6, p + 5),
        "blocks.0.attn.W_K": (2, 3, 6),
        "blocks.0.attn.W_Q": (2, 3, 6),
        "blocks.0.attn.W_V": (2, 3, 6),
        "blocks.0.attn.W_O": (6, 6),
        "blocks.0.mlp.W_in": (8, 6),
        "blocks.0.mlp.W_out": (6, 8),
        "unembed.W_U": (6, p + 5),
    }
    weights = {name: torch.randn(shape, generator=generator).to(dtype) for name, shape in shapes.items()}
    return {**weights, "blocks.0.attn.mask": torch.ones(3, 3).tril()}


def logits(weights: Mapping[str, Tensor], rows: Tensor) -> Tensor:
    """At the last token of each row (n, 3) -> (n, p + 5), in float64: no positions, so only the query tells the tokens apart."""
    w = {name: tensor.double() for name, tensor in weights.items()}
    x = w["embed.W_E"].T[rows]
    heads = []
    for keys, queries, values in zip(w["blocks.0.attn.W_K"], w["blocks.0.attn.W_Q"], w["blocks.0.attn.W_V"], strict=True):
        scores = (x @ keys.T) @ (queries @ x[:, -1].T).T[:, :, None] / math.sqrt(len(keys))
        heads.append((scores.softmax(1) * (x @ values.T)).sum(1))
    middle = x[:, -1] + torch.cat(heads, 1) @ w["blocks.0.attn.W_O"].T
    return (middle + (middle @ w["blocks.0.mlp.W_in"].T).relu() @ w["blocks.0.mlp.W_out"].T) @ w["unembed.W_U"]


def pairs(tokens: int, fraction: float = 0.5, *, ascending: bool = False, nonzero: bool = False) -> dict[str, list[tuple[int, int]]]:
    """The split as their code draws it: over all `tokens`, unless it is mended to run over the numbers alone."""
    every = [(a, b) for a in range(int(nonzero), tokens) for b in range(int(nonzero), tokens) if not ascending or a <= b]
    random.Random(0).shuffle(every)
    return {"train_data": every[: int(fraction * len(every))], "test_data": every[int(fraction * len(every)) :]}


def loss(weights: Mapping[str, Tensor], listed: list[tuple[int, int]], p: int, sign: str = "+") -> Tensor:
    """Mean cross-entropy of a + b mod p over listed pairs, all p + 5 classes."""
    a, b = torch.tensor(listed).T
    found = logits(weights, torch.stack([a, torch.full_like(a, p + SIGNS[sign]), b], 1))
    return -found.log_softmax(1)[torch.arange(len(a)), (a + b) % p].mean()


def saved(weights: Mapping[str, Tensor], epoch: int, losses: tuple[Any, Any]) -> dict[str, Any]:
    """`{epoch}.pth`, the state of their optimiser in it."""
    parameters = [torch.nn.Parameter(tensor.clone()) for name, tensor in weights.items() if not name.endswith("mask")]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=1.0, betas=(0.9, 0.98))
    sum(parameter.square().sum() for parameter in parameters).backward()  # type: ignore[union-attr]
    optimizer.step()
    return {"model": dict(weights), "optimizer": optimizer.state_dict(), "train_loss": losses[0], "test_loss": losses[1], "epoch": epoch}


def folder(at: Path, p: int = 7, epochs: tuple[int, ...] = (0, 2000, 10_000), tokens: int | None = None, **drawn: bool) -> Path:
    """A run's folder of theirs: `init.pth` and a file for each epoch, of networks with seeds 0, 1, 2, ..."""
    at.mkdir()
    split = pairs(p + 5 if tokens is None else tokens, **drawn)  # type: ignore[arg-type]
    torch.save({"model": network(p), **split}, at / "init.pth")
    for seed, epoch in enumerate(epochs, 1):
        weights = network(p, seed)
        losses = tuple(loss(weights, split[f"{part}_data"], p).requires_grad_() for part in ("train", "test"))
        torch.save(saved(weights, epoch, losses), at / f"{epoch}.pth")  # type: ignore[arg-type]
    return at
