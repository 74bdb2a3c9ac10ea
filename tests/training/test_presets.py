"""The presets hold what was published."""

from __future__ import annotations

from typing import Any

import pytest

from mechgrok.config import Config
from mechgrok.training.presets import DESCRIPTIONS, PRESETS


def values(preset: Config) -> dict[str, Any]:
    """All that decides the numbers of a run, flat by path."""
    flat = {}
    for part, inner in preset.model_dump().items():
        flat |= {f"{part}.{name}": value for name, value in inner.items()}
    return {path: value for path, value in flat.items() if not path.startswith("checkpoints.")}


NANDA = {
    "task.kind": "modular",
    "task.operation": "add",
    "task.p": 113,
    "task.layout": "a b =",
    "task.loss_classes": "vocab",
    "task.spare_tokens": 0,
    "task.domain": {"nonzero": False, "ascending": False, "below": None, "first_fraction": 1.0, "first_seed": 0},
    "split.kind": "python-shuffle",
    "split.fraction": 0.3,
    "split.count": None,
    "split.seed": 0,
    "split.unordered": False,
    "corruption.kind": "none",
    "model.kind": "transformer",
    "model.layers": 1,
    "model.d_model": 128,
    "model.heads": 4,
    "model.d_head": None,
    "model.d_mlp": 512,
    "model.activation": "relu",
    "model.attention_coefficient": 1.0,
    "model.softmax": "softmax",
    "model.registers": 0,
    "model.normalization": None,
    "model.attn_only": False,
    "model.no_residual": False,
    "model.positions": "learned",
    "model.pooling": "last",
    "model.tied": False,
    "model.mlp_dropout": 0.0,
    "model.n_ctx": None,
    "model.biases": "mlp",
    "model.init": "nanda2023",
    "model.seed": 0,
    "start.parent": None,
    "start.load": (),
    "start.freeze": (),
    "optimizer.kind": "adamw",
    "optimizer.lr": 1e-3,
    "optimizer.weight_decay": 1.0,
    "optimizer.betas": (0.9, 0.98),
    "optimizer.eps": 1e-8,
    "optimizer.decay_to": "zero",
    "optimizer.decay_scope": ("all",),
    "gradient.kind": "none",
    "schedule.kind": "linear-warmup",
    "schedule.steps": 10,
    "training.steps": 40_000,
    "training.batch": "full",
    "training.sampling": "shuffled",
    "training.loss": "cross-entropy",
    "training.loss_dtype": "float64",
    "training.lp_alpha": 0.0,
    "training.lp": 2.0,
    "training.clip_norm": None,
    "training.weight_noise": 0.0,
    "training.init_scale": 1.0,
    "training.evaluate_every": 20,
    "training.probes": (),
    "training.stop": {"test_loss_below": None, "train_loss_below": None, "accuracy": None, "evaluations": 3},
    "training.seed": 0,
}


def test_nanda2023_is_the_papers_mainline() -> None:
    assert values(PRESETS["nanda2023"]) == NANDA


def test_transformerlens_demo_is_the_librarys_grokking_demo() -> None:
    assert values(PRESETS["transformerlens-demo"]) == NANDA | {
        "task.loss_classes": "numbers",
        "split.kind": "torch-randperm",
        "split.seed": 598,
        "model.biases": "none",
        "model.init": "transformer_lens",
        "model.seed": 999,
        "schedule.steps": 0,
        "training.steps": 25_000,
    }


def test_the_demo_is_the_papers_network_on_a_smaller_table() -> None:
    demo = values(PRESETS["demo"])
    assert {path: demo[path] for path in NANDA if path.startswith(("model.", "optimizer.kind", "optimizer.betas"))} == {
        path: value for path, value in NANDA.items() if path.startswith(("model.", "optimizer.kind", "optimizer.betas"))
    }
    assert demo["task.p"] < 113


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_trained_and_has_a_line(name: str) -> None:
    preset = PRESETS[name]
    rows = len(preset.task.labels())
    assert preset.split.mask(rows).sum() == int(preset.split.fraction * rows)
    assert preset.model.architecture(preset.task).d_vocab == preset.task.p + 1
    assert DESCRIPTIONS[name]
    assert DESCRIPTIONS.keys() == PRESETS.keys()
