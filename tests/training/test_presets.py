"""The presets hold what was published."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mechgrok.config import Config
from mechgrok.training import presets
from mechgrok.training.presets import PRESETS


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
    "task.row": None,
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
    "model.gated": False,
    "model.attention_coefficient": 1.0,
    "model.attention_direction": "causal",
    "model.softmax": "softmax",
    "model.registers": 0,
    "model.normalization": None,
    "model.eps": 1e-5,
    "model.final_norm": None,
    "model.attn_only": False,
    "model.no_residual": False,
    "model.positions": "learned",
    "model.rotary_base": 10_000.0,
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
    "training.switch_at": (),
    "training.rehearsal": 0.0,
    "training.loss": "cross-entropy",
    "training.loss_dtype": "float64",
    "training.lp_alpha": 0.0,
    "training.lp": 2.0,
    "training.clip_norm": None,
    "training.weight_noise": 0.0,
    "training.init_scale": 1.0,
    "training.evaluate_every": 20,
    "training.evaluate_rows": None,
    "training.probes": (),
    "training.stop": {"test_loss_below": None, "train_loss_below": None, "accuracy": None, "evaluations": 3},
    "training.seed": 0,
}


def test_nanda2023_is_the_papers_mainline() -> None:
    assert values(PRESETS["nanda2023"].config) == NANDA


def test_transformerlens_demo_is_the_librarys_grokking_demo() -> None:
    assert values(PRESETS["transformerlens-demo"].config) == NANDA | {
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
    demo = values(PRESETS["demo"].config)
    assert {path: demo[path] for path in NANDA if path.startswith(("model.", "optimizer.kind", "optimizer.betas"))} == {
        path: value for path, value in NANDA.items() if path.startswith(("model.", "optimizer.kind", "optimizer.betas"))
    }
    assert demo["task.p"] < 113


DIFFERENCES: dict[str, dict[str, Any]] = {
    "inglis2023": {
        "split.kind": "numpy-shuffle",
        "split.seed": 42,
        "split.rounding": "down",
        "model.init": "inglis2023",
        "schedule.steps": 0,
        "training.steps": 50_000,
    },
    "furuta2024": {
        "task.p": 97,
        "task.layout": "a op b",
        "model.positions": "none",
        "model.biases": "none",
        "model.init": "furuta2024",
        "schedule.steps": 0,
        "training.steps": 100_000,
    },
    "miml2025": {
        "task.p": 97,
        "task.layout": "openai operands",
        "split.kind": "numpy-shuffle",
        "split.fraction": 0.5,
        "split.rounding": "nearest",
        "model.layers": 2,
        "model.normalization": "post",
        "model.positions": "sinusoidal",
        "model.pooling": "mean",
        "model.mlp_dropout": 0.1,
        "model.biases": "none",
        "model.init": "power2022",
        "optimizer.weight_decay": 0.1,
        "training.steps": 100_000,
        "training.batch": "auto",
        "training.loss_dtype": "float32",
    },
    "devon2024": {
        "split.kind": "torch-random-split",
        "split.seed": 23093,
        "corruption.kind": "fixed-rule",
        "corruption.divisor": 17,
        "model.no_residual": True,
        "model.biases": "blocks",
        "model.init": "devon2024",
        "schedule.steps": 0,
        "training.steps": 50_001,
        "training.loss_dtype": "float32",
    },
    "oocl2024": {
        "task.operation": "add-squares",
        "task.p": 109,
        "task.layout": "a b = c",
        "split.kind": "torch-threshold",
        "split.test_fraction": 0.1,
        "model.layers": 2,
        "model.attn_only": True,
        "model.normalization": "LN",
        "model.d_head": 128,
        "model.d_mlp": 256,
        "model.n_ctx": 5,
        "model.biases": "all",
        "model.init": "transformer_lens",
        "optimizer.weight_decay": 0.1,
        "schedule.steps": 1_000,
        "training.steps": 100_000_000,
        "training.batch": 128,
        "training.sampling": "replacement",
        "training.loss_dtype": "float32",
        "training.clip_norm": 1.0,
        "training.evaluate_every": 100,
        "training.stop": NANDA["training.stop"] | {"test_loss_below": 0.005},
    },
    "oocl2024-aliases": {
        "task.kind": "aliases",
        "task.operation": "add-squares",
        "task.p": 109,
        "task.sets": ("DtQ1", "DfQ2", "Dt3", "Df4"),
        "task.questions": 10,
        "task.held_out": 0.1,
        "task.partners": (),
        "task.orders": "one",
        "task.form": "one alias",
        "task.answer": "integer",
        "task.ambiguous": False,
        "task.original_held_out": 0.1,
        "task.design_seed": 0,
        "split.kind": "designed",
        "split.leak": (),
        "model.layers": 2,
        "model.attn_only": True,
        "model.normalization": "LN",
        "model.d_head": 128,
        "model.d_mlp": 256,
        "model.n_ctx": 5,
        "model.biases": "all",
        "model.init": "transformer_lens",
        "start.load": ("all",),
        "optimizer.weight_decay": 0.1,
        "schedule.steps": 0,
        "training.steps": 1_600,
        "training.batch": 128,
        "training.sampling": "replacement",
        "training.switch_at": (1_200,),
        "training.rehearsal": 0.25,
        "training.loss_dtype": "float32",
        "training.clip_norm": 1.0,
        "training.evaluate_every": 100,
    },
    "power2022": {
        "task.operation": "divide",
        "task.p": 97,
        "task.layout": "openai equation",
        "split.kind": "numpy-shuffle",
        "split.fraction": 0.5,
        "split.rounding": "nearest",
        "model.layers": 2,
        "model.normalization": "post",
        "model.positions": "sinusoidal",
        "model.biases": "none",
        "model.init": "power2022",
        "training.steps": 100_000,
        "training.batch": "auto",
        "training.loss_dtype": "float32",
    },
    "gromov2023": {
        "task.p": 97,
        "task.layout": "a b",
        "split.fraction": 0.49,
        "model.kind": "quadratic-mlp",
        "model.d_mlp": 500,
        "model.init": "gromov2023",
        "optimizer.kind": "sgd",
        "optimizer.lr": 70_000.0,
        "optimizer.momentum": 0.9,
        "optimizer.nesterov": False,
        "optimizer.l2": 0.0,
        "schedule.steps": 0,
        "training.steps": 5_000,
        "training.loss": "mse",
    },
    "fast-grok": {
        "optimizer.lr": 0.01,
        "optimizer.weight_decay": 2.5,
        "optimizer.betas": (0.9, 0.95),
        "schedule.kind": "cosine",
        "schedule.length": 800,
        "schedule.floor": 0.1,
        "training.steps": 800,
        "training.evaluate_every": 10,
        "training.stop": NANDA["training.stop"] | {"accuracy": 1.0},
    },
    "zhong2023": {
        "task.p": 59,
        "task.layout": "a b",
        "split.kind": "torch-randperm",
        "split.fraction": 0.8,
        "model.attention_coefficient": 0.0,
        "model.init": "inglis2023",
        "optimizer.weight_decay": 2.0,
        "training.steps": 20_000,
    },
}
"""From the paper's mainline."""


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_preset_differs_from_the_papers_as_its_settings_do(name: str) -> None:
    found = {path: value for path, value in values(PRESETS[name].config).items() if path not in NANDA or value != NANDA[path]}
    assert found == DIFFERENCES[name]


def test_every_preset_is_held_against_the_papers() -> None:
    assert set(PRESETS) == {"nanda2023", "transformerlens-demo", "demo", *DIFFERENCES}


def test_a_file_is_a_preset() -> None:
    files = {path.stem.replace("_", "-") for path in Path(presets.__file__).parent.glob("*.py")}
    assert files - {"--init--", "preset"} == set(PRESETS)


def test_a_preset_is_built_when_it_is_read() -> None:
    script = (
        "from mechgrok.training.presets import PRESETS; assert PRESETS['demo'].config is PRESETS['demo'].config;"
        "print(*(name for name, preset in PRESETS.items() if 'config' in vars(preset)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "demo\n"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_trained_and_has_a_line(name: str) -> None:
    preset = PRESETS[name].config
    rows = preset.split.train_rows(preset.task)
    assert 0 < rows.sum() < len(rows)
    assert preset.model.architecture(preset.task).d_vocab == preset.task.vocabulary
    assert len(PRESETS[name].about) > 20
