"""susceptibility: the network is moved by hand instead of sampled, and its losses come from a forward pass written out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import plain_forward
import pytest
import torch
from made_runs import make_run
from moved_weights import MOVES, move_by_hand
from planted import measured
from safetensors.torch import load_file
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.maths.landscape import langevin
from mechgrok.measures.sampling.components import components
from mechgrok.measures.sampling.susceptibility import Susceptibility
from mechgrok.runs.run import Run, open_run

P, CHAINS = 7, 2
MEASURE = Susceptibility(chains=CHAINS, draws=len(MOVES), burn_in=0)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(make_run(tmp_path / "run", p=P, scale=0.3))


def losses(run: Run, weights: Mapping[str, Tensor]) -> Tensor:
    """Mean losses over train and test rows."""
    logits = plain_forward.logits(weights, torch.from_numpy(run.task.inputs()))
    each = torch.nn.functional.cross_entropy(logits, run.grid.labels, reduction="none")
    return torch.stack([each[run.grid.subsets[split]].mean() for split in ("train", "test")])


def drawn(run: Run, weights: Mapping[str, Tensor], names: list[str], head: int | None, chain: int) -> np.ndarray:
    """The losses of all draws of a chain, where some parameters move, or one head of them."""
    found = []
    for move in MOVES:
        now = {name: tensor.clone() for name, tensor in weights.items()}
        for name in names:
            where = slice(None) if head is None else head
            now[name][where] *= 1 + move * (chain + 1)
        found.append(losses(run, now))
    return torch.stack(found).numpy()


@pytest.mark.parametrize(
    ("label", "names", "head"),
    [
        ("embedding", ["embed.W_E"], None),
        ("positions", ["pos_embed.W_pos"], None),
        ("L0H0", [f"blocks.0.attn.{kind}_{part}" for kind, parts in {"W": "QKVO", "b": "QKV"}.items() for part in parts], 0),
        ("L0 MLP", [f"blocks.0.mlp.{name}" for name in ("W_in", "b_in", "W_out", "b_out")], None),
        ("unembedding", ["unembed.W_U", "unembed.b_U"], None),
    ],
)
def test_it_is_minus_the_covariance_of_both_losses(
    run: Run, monkeypatch: pytest.MonkeyPatch, label: str, names: list[str], head: int
) -> None:
    weights = {name: tensor.double() for name, tensor in load_file(run.weights_path(run.last_step)).items()}
    move_by_hand(monkeypatch)
    result = measured(MEASURE, run.snapshot())
    found = result.table[result.table["component"] == label].set_index("chain")
    names = [name for name in names if name in weights]
    everywhere = np.concatenate([drawn(run, weights, list(weights), None, chain) for chain in range(CHAINS)])
    shift = (everywhere[:, 0] - everywhere[:, 1]).mean()
    initial, n = float(losses(run, weights)[0]), int(run.grid.subsets["train"].sum())
    for chain in range(CHAINS):
        train, test = drawn(run, weights, names, head, chain).T
        rise = train - initial
        expected = (rise * train).mean() - (rise * test).mean() - rise.mean() * shift
        assert found["susceptibility"][chain] == pytest.approx(expected, rel=1e-3, abs=1e-7)
        assert found["coefficient"][chain] == pytest.approx(n / math.log(n) * rise.mean(), rel=1e-3, abs=1e-5)
    assert set(found["parameters"]) == {sum(weights[name][0 if head is not None else slice(None)].numel() for name in names)}


def test_components_hold_each_weight_once(run: Run) -> None:
    weights = run.snapshot().weights
    parts = [component.take(weights) for component in components(weights)]
    assert sum(tensor.numel() for part in parts for tensor in part.values()) == sum(tensor.numel() for tensor in weights.values())


def test_a_component_that_is_put_back_changes_nothing_else(run: Run) -> None:
    weights = run.snapshot().weights
    for component in components(weights):
        there = component.put(weights, component.take(weights))
        assert all(torch.equal(there[name], tensor) for name, tensor in weights.items())


def test_headline_names_the_component_that_responds_most(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    move_by_hand(monkeypatch)
    result = measured(MEASURE, run.snapshot())
    mean = result.table.groupby("component")["susceptibility"].mean()
    head = result.headline
    assert head["largest"] == mean.abs().idxmax()
    assert dict(zip(head["components"], head["susceptibility"], strict=True)) == pytest.approx(mean.to_dict())
    assert len(head["deviation"]) == len(head["coefficient"]) == len(mean)


def test_a_chain_that_ran_away_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    move_by_hand(monkeypatch)
    monkeypatch.setattr(langevin, "sample", lambda *arguments: torch.full((CHAINS, 4, 2), math.nan))
    result = measured(MEASURE, run.snapshot())
    assert result.headline["largest"] is None
    assert "smaller epsilon" in result.missing["largest"]


@pytest.mark.parametrize(("train", "reason"), [(None, "split of this run is unknown"), (1.0, "no test rows")])
def test_it_needs_test_rows(tmp_path: Path, train: float | None, reason: str) -> None:
    outcome = analyze(open_run(make_run(tmp_path / "run", train=train)), ["susceptibility"], nulls=0)["susceptibility"]
    assert reason in outcome.reason


@pytest.mark.skipif(not langevin.installed(), reason="devinterp is not installed; install mechgrok[llc]")
def test_sampling_one_component_leaves_the_others(run: Run) -> None:
    """By the sampler itself: with a tiny step the draws stay at the weights, so that nothing responds."""
    found = measured(Susceptibility(chains=2, draws=4, burn_in=0, epsilon=1e-16, gamma=1.0), run.snapshot()).table
    assert found["susceptibility"].abs().max() < 1e-8
    assert found["coefficient"].abs().max() < 1e-2
