"""A HookedTransformer's state dict without its config: activation, norms, attention scale, mask and classes are found by evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from trained_runs import config, train

from mechgrok.errors import UserError
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import Imported, ImportOptions
from mechgrok.runs.run import Run, open_run

P, STEPS = 11, 120
BASE = {
    "task__p": P,
    "split__fraction": 1.0,
    "schedule__steps": 0,
    "optimizer__lr": 0.01,
    "optimizer__weight_decay": 0.1,
    "training__steps": STEPS,
    "model__d_model": 24,
    "model__heads": 2,
    "model__d_mlp": 48,
    "model__biases": "all",
    "model__init": "transformer_lens",
}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "relu": ({}, {"activation": "relu", "normalization": None}),
    "gelu": ({"model__activation": "gelu"}, {"activation": "gelu"}),
    "folded LayerNorm": ({"model__normalization": "LNPre"}, {"normalization": "LNPre", "activation": "relu"}),
    "folded RMSNorm": ({"model__normalization": "RMSPre"}, {"normalization": "RMSPre"}),
    "RMSNorm": ({"model__normalization": "RMS"}, {"normalization": "RMS"}),
    "two layers without a mask": (
        {"model__layers": 2, "model__attention_direction": "bidirectional"},
        {"attention_direction": "bidirectional"},
    ),
    "loss over the numbers": ({"task__loss_classes": "numbers"}, {"activation": "relu"}),
}


def trained(tmp_path: Path, changes: dict[str, Any]) -> Run:
    return train(config(**{**BASE, **changes}), tmp_path / "ours")


def weights(run: Run) -> dict[str, Tensor]:
    return {name: tensor.float() for name, tensor in run.snapshot().parameters.items()}


def imported(state: dict[str, Tensor], tmp_path: Path, **options: Any) -> tuple[Imported, Run]:
    torch.save({"state_dict": state}, tmp_path / "bare.pt")
    made = import_file(tmp_path / "bare.pt", tmp_path / "run", ImportOptions(**options))
    return made, open_run(tmp_path / "run")


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=() if kind == "relu" else pytest.mark.long) for kind in KINDS])
def test_the_network_comes_in_with_its_own_function(kind: str, tmp_path: Path) -> None:
    changes, expected = KINDS[kind]
    ours = trained(tmp_path, changes)
    _, run = imported(weights(ours), tmp_path)
    assert {name: getattr(run.config.model, name) for name in expected} == expected
    assert (getattr(run.task, "operation", None), run.task.classes) == ("add", ours.task.classes)
    assert torch.allclose(run.snapshot().logits, ours.snapshot().logits, rtol=1e-9, atol=1e-9)


@pytest.mark.long
def test_a_network_without_the_usual_attention_scale(tmp_path: Path) -> None:
    """With W_Q divided by sqrt(d_head) the scores of scale 1 are those of the network."""
    ours = trained(tmp_path, {})
    state = weights(ours)
    for name in ("blocks.0.attn.W_Q", "blocks.0.attn.b_Q"):
        state[name] = state[name] / 12**0.5
    made, run = imported(state, tmp_path)
    assert any(note.startswith("attention_scale 1 rather than 1/sqrt(d_head): loss") for note in made.notes)
    assert torch.allclose(run.snapshot().logits, ours.snapshot().logits, rtol=1e-4, atol=1e-4)


@pytest.mark.long
def test_a_reading_of_the_user_is_taken_and_a_config_of_two_layers_over_one_is_not(tmp_path: Path) -> None:
    state = weights(trained(tmp_path, {}))
    _, run = imported(state, tmp_path, reading=("activation=gelu",))
    assert run.config.model.activation == "gelu"
    torch.save({"model": state, "config": {"act_fn": "relu", "n_layers": 2}}, tmp_path / "two.pt")
    with pytest.raises(UserError, match="config has n_layers = 2, but its weights have 1"):
        import_file(tmp_path / "two.pt", tmp_path / "no", ImportOptions())


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"attention_dir": "sideways"}, "attention_dir = 'sideways'; only 'causal' or 'bidirectional'"),
        ({"act_fn": "relu", "parallel_attn_mlp": True}, "parallel_attn_mlp = True; only False"),
        ({"act_fn": "relu", "eps": "small"}, "eps = 'small'"),
        ({"act_fn": "relu", "output_logits_soft_cap": 30.0}, "output_logits_soft_cap = 30.0"),
        ({"normalization_type": "LN"}, "its weights have no LayerNorm weights"),
    ],
)
def test_a_config_of_another_network_is_refused(words: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    state = weights(trained(tmp_path, {"training__steps": 1}))
    torch.save({"model": state, "cfg": words}, tmp_path / "file.pt")
    with pytest.raises(UserError, match=complaint):
        import_file(tmp_path / "file.pt", tmp_path / "no", ImportOptions())


@pytest.mark.long
def test_a_network_of_no_operation_is_doubted_aloud(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    state = {
        name: torch.randn(tensor.shape, generator=generator) for name, tensor in weights(trained(tmp_path, {"training__steps": 1})).items()
    }
    made, _ = imported(state, tmp_path, operation="subtract", reading=("row=a b 11", "read=last"))
    assert any(note.startswith("DOUBTFUL: the labels of subtract are right on") for note in made.notes)
