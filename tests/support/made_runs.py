"""Run folders made by hand: random networks with the names of a HookedTransformer, and no training."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from mechgrok.tasks.task import Task

D_MODEL, HEADS, D_MLP = 8, 2, 6


def make_run(
    folder: Path,
    *,
    p: int = 7,
    steps: Sequence[int] = (0, 10, 20),
    train: float | None = 0.4,
    scale: float = 1.0,
    attn_only: bool = False,
    extra: Mapping[str, np.ndarray] | None = None,
    task: Task | None = None,
) -> Path:
    """A run of addition modulo p, or of a `task`.

    `train` is the share of train rows, None where it is unknown; `scale` 0 makes all weights zero.
    """
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config(p, train, attn_only) | ({"task": task.model_dump()} if task else {})))
    (folder / "metrics.csv").write_text("step,split,loss,accuracy\n")
    count = len(task.labels()) if task else p * p
    if train is not None:
        rows = np.random.default_rng(0).permutation(count) < round(train * count)
        save_file({"is_train": rows.astype(np.uint8)}, folder / "split.safetensors")
    (folder / "weights").mkdir()
    vocabulary, positions = (task.vocabulary, task.inputs().shape[1]) if task else (p + 1, 3)
    for step in steps:
        write_weights(folder, step, vocabulary - 1, scale, attn_only, extra or {}, positions)
    return folder


def config(p: int, train: float | None, attn_only: bool) -> dict[str, Any]:
    split = {"kind": "unknown"} if train is None else {"kind": "python-shuffle", "fraction": train, "seed": 0}
    sizes = {"layers": 1, "d_model": D_MODEL, "heads": HEADS, "d_mlp": D_MLP}
    biases = {"attn_only": True, "biases": "none"} if attn_only else {}
    return {"task": {"kind": "modular", "operation": "add", "p": p}, "split": split, "model": {"kind": "transformer", **sizes, **biases}}


def write_weights(
    folder: Path,
    step: int,
    p: int,
    scale: float = 1.0,
    attn_only: bool = False,
    extra: Mapping[str, np.ndarray] | None = None,
    positions: int = 3,
) -> None:
    """The checkpoint of one step, for p + 1 tokens; every step draws other numbers."""
    draw = np.random.default_rng(step)
    head = D_MODEL // HEADS
    shapes = {
        "embed.W_E": (p + 1, D_MODEL),
        "pos_embed.W_pos": (positions, D_MODEL),
        **{f"blocks.0.attn.W_{letter}": (HEADS, D_MODEL, head) for letter in "QKV"},
        "blocks.0.attn.W_O": (HEADS, head, D_MODEL),
        "unembed.W_U": (D_MODEL, p + 1),
    }
    if not attn_only:
        shapes |= {"blocks.0.mlp.W_in": (D_MODEL, D_MLP), "blocks.0.mlp.b_in": (D_MLP,)}
        shapes |= {"blocks.0.mlp.W_out": (D_MLP, D_MODEL), "blocks.0.mlp.b_out": (D_MODEL,)}
    weights = {name: (scale * draw.standard_normal(shape)).astype(np.float32) for name, shape in shapes.items()}
    save_file(weights | dict(extra or {}), folder / "weights" / f"{step:08d}.safetensors")
