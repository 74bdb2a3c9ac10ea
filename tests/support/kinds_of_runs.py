"""Small runs of random networks of the kinds that a measure meets: moduli, splits, tasks, groups, corrupted labels and models."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from corrupted import made
from made_runs import make_run
from on_demand import OnDemand
from safetensors.torch import save_file

from mechgrok.config import Config
from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.models.transformer import Transformer
from mechgrok.runs.run import open_run
from mechgrok.runs.store import CONFIG, METRICS, SPLIT
from mechgrok.tasks.aliases import Aliases
from mechgrok.tasks.domain import Domain
from mechgrok.tasks.expression import Expression
from mechgrok.tasks.group import GroupTask
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.random_table import RandomTable
from mechgrok.tasks.residue import Residue
from mechgrok.tasks.task import Task

STEPS = (0, 20)
ADDITION: dict[str, dict[str, Any]] = {
    "odd": {},
    "even": {"p": 8},
    "two": {"p": 2, "train": 0.5},
    "three": {"p": 3},
    "unknown": {"train": None},
    "all-train": {"train": 1.0},
    "zero": {"scale": 0.0},
    "attention": {"attn_only": True},
}
"""Odd, even and the smallest moduli, splits that are unknown or everything, weights that are zero, no MLP."""
TASKS: dict[str, Task] = {
    "divide": Modular(p=7, operation="divide"),
    "equation": Modular(p=5, operation="divide-or-subtract", layout="openai equation"),
    "restricted": Modular(p=7, domain=Domain(first_fraction=0.5)),
    "below": Modular(p=7, domain=Domain(below=3)),
    "ascending": Modular(p=5, layout="a b", domain=Domain(ascending=True)),
    "three operands": KWise(p=5, terms=3),
    "product": Expression(p=5, expression="a*b*c"),
    "mixture": Mixture(p=5, operations=("add", "multiply")),
    "products": Mixture(p=5, operations=("multiply", "divide"), layout="a op b ="),
    "random": RandomTable(p=7),
    "residue": Residue(p=7),
    "aliases": Aliases(p=9, questions=3),
}
"""Tables that are not the square of two numbers, or not of addition."""
GROUPS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "S3": ({"n": 3}, {}),
    "S2": ({"n": 2}, {"train": 0.5}),
    "A3": ({"group": "alternating", "n": 3}, {}),
    "A4": ({"group": "alternating", "n": 4}, {}),
    "Z6": ({"group": "cyclic", "n": 6}, {}),
    "D2": ({"group": "dihedral", "n": 2}, {}),
    "D5 conjugate": ({"group": "dihedral", "n": 5, "operation": "conjugate"}, {}),
    "S3 unknown": ({"n": 3, "operation": "aba"}, {"train": None}),
    "S3 all-train": ({"n": 3}, {"train": 1.0}),
    "S3 zero": ({"n": 3}, {"scale": 0.0}),
    "S3 attention": ({"n": 3}, {"attn_only": True}),
}
"""Each a group with its operation, and options of the run."""
CORRUPTED = {"corrupted": FixedRule(divisor=2)}
SMALL: dict[str, Any] = {"d_model": 8, "heads": 2, "d_mlp": 6}
ODD: dict[str, Any] = {"softmax": "softmax1", "registers": 2, "tied": True, "normalization": "post-unbiased"}
DEEP: dict[str, Any] = {"layers": 2, "positions": "sinusoidal", "pooling": "mean", "mlp_dropout": 0.1, "registers": 1}
MODELS: dict[str, tuple[Any, str]] = {
    "mlp": (MLP(width=6), "a b ="),
    "lstm": (LSTM(hidden=5), "a b"),
    "quadratic": (QuadraticMLP(d_mlp=6), "a b"),
    "embedding": (EmbeddingMLP(d_emb=8, width=6), "a b ="),
    "odd options": (Transformer(**SMALL, **ODD), "a b ="),
    "deep": (Transformer(**SMALL, **DEEP), "a b ="),
    "bare": (Transformer(**SMALL, positions="none", biases="none", no_residual=True), "a b ="),
}
"""Each with the layout of its task."""


def group_run(folder: Path, task: Mapping[str, Any], options: Mapping[str, Any]) -> Path:
    make_run(folder, p=GroupTask(**task).numbers, steps=STEPS, **options)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"task": {"kind": "group", **task}}))
    return folder


def model_run(folder: Path, model: Any, layout: str, p: int = 7) -> Path:
    """A run of any model with its own initial weights, of another seed at each checkpoint."""
    task = Modular(p=p, layout=layout)  # type: ignore[arg-type]
    config = Config(task=task, split=PythonShuffle(fraction=0.4), model=model)
    (folder / "weights").mkdir(parents=True)
    (folder / CONFIG).write_text(config.model_dump_json())
    (folder / METRICS).write_text("step,split,loss,accuracy\n")
    save_file({"is_train": torch.from_numpy(config.split.mask(task.p**2).astype(np.uint8))}, folder / SPLIT)
    for step in (0, 10):
        weights = initial(model.model_copy(update={"seed": step}), task)
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / "weights" / f"{step:08d}.safetensors")
    return folder


def initial(model: Any, task: Task) -> dict[str, torch.Tensor]:
    """The initial weights of a model; of a transformer normal numbers, since its own need TransformerLens, whose import takes seconds."""
    if not isinstance(model, Transformer):
        return model.initial(task)
    generator = torch.Generator().manual_seed(model.seed)
    return {name: torch.randn(sizes, generator=generator) / sizes[0] ** 0.5 for name, sizes in transformer_shapes(model, task).items()}


def transformer_shapes(model: Transformer, task: Task) -> dict[str, tuple[int, ...]]:
    """The parameters of a transformer with its options among those of MODELS."""
    width, heads, d_head, neurons = model.d_model, model.heads, model.d_model // model.heads, model.d_mlp
    block = {f"attn.W_{each}": (heads, width, d_head) for each in "QKV"} | {f"attn.b_{each}": (heads, d_head) for each in "QKV"}
    block |= {"attn.W_O": (heads, d_head, width), "attn.b_O": (width,)}
    block |= {"mlp.W_in": (width, neurons), "mlp.b_in": (neurons,), "mlp.W_out": (neurons, width), "mlp.b_out": (width,)}
    if model.normalization:
        block |= {f"ln{number}.{each}": (width,) for number in (1, 2) for each in "wb"}
    ends = {"embed.W_E": (task.vocabulary, width), "unembed.b_U": (task.classes,)}
    ends |= {"pos_embed.W_pos": (task.inputs().shape[1], width)} if model.positions == "learned" else {}
    ends |= {} if model.tied else {"unembed.W_U": (width, task.classes)}
    ends |= {"registers.W_R": (model.registers, width)} if model.registers else {}
    return ends | {f"blocks.{layer}.{name}": sizes for layer in range(model.layers) for name, sizes in block.items()}


RUNS: dict[str, Callable[[Path], Path]] = {
    **{name: partial(make_run, steps=STEPS, **options) for name, options in ADDITION.items()},
    **{name: partial(make_run, steps=STEPS, task=task) for name, task in TASKS.items()},
    **{name: partial(group_run, task=task, options=options) for name, (task, options) in GROUPS.items()},
    **{name: partial(made, corruption=rule) for name, rule in CORRUPTED.items()},
    **{name: partial(model_run, model=model, layout=layout) for name, (model, layout) in MODELS.items()},
}
USUAL = {"odd", "even", "unknown", "attention", "divide", "S3", "corrupted", "mlp"}
"""The kinds in which most faults of a measure show; the others are tried by the long tests."""
RARE = set(RUNS) - USUAL


class Outcomes:
    """Outcomes of measures by run and label. Each run is made, and each measure computed, when a test takes it.

    Two relabelled networks are the null; of the models some have none, since renaming tokens does the same to all of them.
    """

    def __init__(self, root: Path) -> None:
        self.root, self._made = root, {}

    def __getitem__(self, run: str) -> OnDemand:
        if run not in self._made:
            nulls = 2 if run not in MODELS or run in ("mlp", "odd options") else 0
            self._made[run] = OnDemand(open_run(RUNS[run](self.root / run)), nulls)
        return self._made[run]
