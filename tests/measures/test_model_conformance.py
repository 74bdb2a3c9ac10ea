"""Every kind of network under the measures: a result, or why there is none, and never a gap without a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mechgrok.config import Config
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.discovery import kinds
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.models.embedding_mlp import EmbeddingMLP
from mechgrok.models.lstm import LSTM
from mechgrok.models.mlp import MLP
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.models.transformer import Transformer
from mechgrok.runs.run import Run, open_run
from mechgrok.runs.store import CONFIG, METRICS, SPLIT
from mechgrok.tasks.modular import Modular

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

SMALL: dict[str, Any] = {"d_model": 8, "heads": 2, "d_mlp": 6}
ODD: dict[str, Any] = {"softmax": "softmax1", "registers": 2, "tied": True, "normalization": "post-unbiased"}
DEEP: dict[str, Any] = {"layers": 2, "positions": "sinusoidal", "pooling": "mean", "mlp_dropout": 0.1, "registers": 1}
MODELS: dict[str, tuple[Any, str]] = {
    "mlp": (MLP(width=6), "a b ="),
    "lstm": (LSTM(hidden=5), "a b"),
    "quadratic": (QuadraticMLP(d_mlp=6), "a b"),
    "embedding": (EmbeddingMLP(d_emb=8, width=6), "a b ="),
    "odd": (Transformer(**SMALL, **ODD), "a b ="),
    "deep": (Transformer(**SMALL, **DEEP), "a b ="),
    "bare": (Transformer(**SMALL, positions="none", biases="none", no_residual=True), "a b ="),
}
OF_WEIGHTS_AND_HEADS = [
    *("attention-ablation", "attention-fit", "clock-pizza", "commutativity", "frequency-ablation(site=W_E)", "gradient-symmetricity"),
    *("head-circuits", "linear-attention-loss", "trig-share", "spectrum-2d(site=attention)", "weight-image", "gradient-norms"),
]


def run_of(folder: Path, model: Any, task: Modular) -> Run:
    config = Config(task=task, split=PythonShuffle(fraction=0.4), model=model)
    (folder / "weights").mkdir(parents=True)
    (folder / CONFIG).write_text(config.model_dump_json())
    (folder / METRICS).write_text("step,split,loss,accuracy\n")
    save_file({"is_train": torch.from_numpy(config.split.mask(task.p**2).astype(np.uint8))}, folder / SPLIT)
    for step in (0, 10):
        weights = model.model_copy(update={"seed": step}).initial(task)
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / "weights" / f"{step:08d}.safetensors")
    return open_run(folder)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    root = tmp_path_factory.mktemp("models")
    runs = {name: run_of(root / name, model, Modular(p=7, layout=layout)) for name, (model, layout) in MODELS.items()}  # type: ignore[arg-type]
    asked = [*(measure.label for measure in registry.default()), *OF_WEIGHTS_AND_HEADS]
    return {name: analyze(run, asked, nulls=1 if name in ("mlp", "odd") else 0) for name, run in runs.items()}


def test_every_kind_of_model_is_here() -> None:
    assert {model.kind for model, _ in MODELS.values()} == set(kinds("models")) - {"unknown"}


@pytest.mark.parametrize("name", MODELS)
def test_every_measure_gives_a_result_or_its_reason(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    for label, outcome in outcomes[name].items():
        assert isinstance(outcome, Result | NotApplicable), f"{label}: {getattr(outcome, 'traceback', '')}"
        if isinstance(outcome, NotApplicable):
            assert len(outcome.reason.split()) > 3
            continue
        json.dumps(outcome.headline, allow_nan=False)
        assert {key for key, value in outcome.headline.items() if value is None} == set(outcome.missing), label
        if name in ("lstm", "quadratic"):  # what is drawn does not depend on the network further, and takes seconds
            assert outcome.figure().data, label


@pytest.mark.parametrize("name", ["mlp", "lstm", "quadratic", "embedding"])
def test_without_attention_what_looks_at_heads_says_so(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    for label in ("attention-ablation", "attention-fit", "head-circuits", "linear-attention-loss", "spectrum-2d(site=attention)"):
        assert "no attention" in outcomes[name][label].reason
    assert "no attention" in outcomes[name]["commutativity"].missing["attention_a"]


def test_an_lstm_has_no_neurons(outcomes: dict[str, dict[str, Any]]) -> None:
    assert "no neurons" in outcomes["lstm"]["neuron-frequencies"].reason


def test_what_adds_its_tokens_up_pulls_alike_on_both(outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes["quadratic"]["gradient-symmetricity"].headline["symmetricity"] == pytest.approx(1, abs=1e-12)


def test_neurons_of_the_analytic_network_have_one_frequency(tmp_path: Path) -> None:
    """Its weights are single waves: IPR 1 for u, v and w of every neuron, and the embedding has the frequencies in equal shares."""
    run = run_of(tmp_path / "analytic", QuadraticMLP(d_mlp=24, init="analytic"), Modular(p=13, layout="a b"))
    found = analyze(run, ["inverse-participation", "embedding-spectrum"], nulls=0)
    table = found["inverse-participation"].table
    assert table[["activation", "output", "ipr"]].to_numpy() == pytest.approx(1, abs=1e-5)
    power = found["embedding-spectrum"].table.query("step == 10 and frequency > 0")["power"]
    assert len(power) == 6
    assert power.to_numpy() == pytest.approx(power.mean(), rel=1e-5)


def test_neurons_that_read_tokens_are_judged_by_three_vectors(tmp_path: Path) -> None:
    """The mean of u, v and w by rfft, as the source has it, without the constant."""
    run = run_of(tmp_path / "random", QuadraticMLP(d_mlp=5), Modular(p=11, layout="a b"))
    weights = run.snapshot().parameters
    vectors = torch.stack([*weights["embed.W_E"].mT, weights["blocks.0.mlp.W_out"]])
    power = torch.fft.rfft(vectors, dim=2).abs()[..., 1:] ** 2
    expected = ((power / power.sum(2, keepdim=True)) ** 2).sum(2).mean(0)
    table = analyze(run, ["inverse-participation"], steps="last", nulls=0)["inverse-participation"].table
    assert table["ipr"].to_numpy() == pytest.approx(expected.numpy(), rel=1e-10)
