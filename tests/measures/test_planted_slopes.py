"""Slopes of the train loss, against differences of losses that another path computes."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import make_run
from planted import architecture, measured, table
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable
from mechgrok.maths.landscape.sharpness import random_subspace
from mechgrok.measures.weights.gradient_norms import GradientNorms
from mechgrok.measures.weights.sharpness import Sharpness
from mechgrok.models.architecture import Architecture
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot

P = 5
TRAIN = np.arange(P * P) % 3 == 0


def network(train: np.ndarray | None = TRAIN) -> Snapshot:
    """A random network in float64 with an '=' class."""
    draw = torch.Generator().manual_seed(5)
    shape = Architecture(**(vars(architecture(P)) | {"heads": 2, "d_head": 4, "d_vocab_out": P + 1}))
    sizes = {
        "embed.W_E": (P + 1, 8),
        "pos_embed.W_pos": (3, 8),
        **{f"blocks.0.attn.W_{letter}": (2, 8, 4) for letter in "QKV"},
        "blocks.0.attn.W_O": (2, 4, 8),
        "blocks.0.mlp.W_in": (8, 6),
        "blocks.0.mlp.b_in": (6,),
        "blocks.0.mlp.W_out": (6, 8),
        "unembed.W_U": (8, P + 1),
    }
    weights = {name: 0.7 * torch.randn(size, generator=draw, dtype=torch.float64) for name, size in sizes.items()}
    return Snapshot(table(P, train=train), shape, weights, 0)


def loss(snapshot: Snapshot, changed: dict[str, Tensor], rows: np.ndarray = TRAIN) -> float:
    """Mean over some rows of the losses that snapshots of changed weights have."""
    return float(snapshot.with_weights(changed).losses[rows].mean())


def differences(snapshot: Snapshot, name: str, rows: np.ndarray = TRAIN, step: float = 1e-5) -> Tensor:
    """Central differences of the loss in every entry of a parameter."""
    weight, slopes = snapshot.weights[name], torch.zeros_like(snapshot.weights[name])
    for place in itertools.product(*map(range, weight.shape)):
        ends = []
        for sign in (1, -1):
            moved = weight.clone()
            moved[place] += sign * step
            ends.append(loss(snapshot, {name: moved}, rows))
        slopes[place] = (ends[0] - ends[1]) / (2 * step)
    return slopes


class TestGradientNorms:
    names = ("embed.W_E", "blocks.0.attn.W_Q", "blocks.0.mlp.b_in", "unembed.W_U")

    @pytest.fixture(scope="class")
    def found(self):
        return measured(GradientNorms(), network())

    @pytest.mark.parametrize("name", names)
    def test_against_differences(self, found, name: str) -> None:
        snapshot = network()
        slopes, weight = differences(snapshot, name), snapshot.weights[name]
        assert found.headline["norm_by_parameter"][name] == pytest.approx(slopes.norm().item(), rel=1e-6)
        cosine = -(slopes * weight).sum() / (slopes.norm() * weight.norm())
        assert found.headline["alignment_by_parameter"][name] == pytest.approx(cosine.item(), abs=1e-6)

    def test_of_the_train_rows_only(self, found) -> None:
        everything = differences(network(), "unembed.W_U", np.full(P * P, True)).norm().item()
        assert found.headline["norm_by_parameter"]["unembed.W_U"] != pytest.approx(everything, rel=1e-2)
        unknown = measured(GradientNorms(), network(None)).headline["norm_by_parameter"]["unembed.W_U"]
        assert unknown == pytest.approx(everything, rel=1e-6)

    def test_total_is_one_vector(self, found) -> None:
        snapshot = network()
        parts = found.table.set_index("parameter").drop(index="total")
        assert found.headline["norm"] == pytest.approx(np.sqrt((parts["norm"] ** 2).sum()), rel=1e-12)
        whole = torch.cat([weight.flatten() for weight in snapshot.weights.values()]).norm().item()
        product = (parts["alignment"] * parts["norm"] * parts["weight_norm"]).sum()
        assert found.headline["alignment"] == pytest.approx(product / (found.headline["norm"] * whole), rel=1e-12)

    def test_along_the_unembedding_the_loss_falls_by_the_logits(self, found) -> None:
        """L is linear in W_U, so -<g, W_U> = mean of L_y - sum_c P_c L_c."""
        snapshot = network()
        L = snapshot.logits[TRAIN]
        gain = (L.gather(1, snapshot.grid.labels[TRAIN][:, None])[:, 0] - (L.softmax(1) * L).sum(1)).mean().item()
        row = found.table.set_index("parameter").loc["unembed.W_U"]
        numbers = snapshot.weights["unembed.W_U"].norm().item()
        assert row["alignment"] * row["norm"] * numbers == pytest.approx(gain, rel=1e-10)


class TestSharpness:
    def test_against_every_corner(self) -> None:
        """Three dimensions: the loss in the 8 corners of the box, and nowhere between them can a box so small hide more."""
        snapshot = network()
        names = list(snapshot.weights)
        point = torch.cat([snapshot.weights[name].flatten() for name in names])
        rows = random_subspace(len(point), 3, torch.Generator().manual_seed(4)).numpy()
        widths = 1e-2 * (np.abs(rows @ point.numpy()) + 1)
        base, best = loss(snapshot, {}), -np.inf
        for signs in itertools.product([-1, 1], repeat=3):
            moved = point + torch.from_numpy(np.linalg.pinv(rows) @ (widths * signs))
            parts = moved.split([snapshot.weights[name].numel() for name in names])
            changed = {name: part.view_as(snapshot.weights[name]) for name, part in zip(names, parts, strict=True)}
            best = max(best, loss(snapshot, changed))
        found = measured(Sharpness(dimension=3, epsilon=1e-2, seed=4), snapshot).headline
        assert found["loss"] == pytest.approx(base, rel=1e-12)
        assert found["rise"] == pytest.approx(best - base, rel=1e-8)
        assert found["sharpness"] == pytest.approx(100 * (best - base) / (1 + base), rel=1e-8)
        assert loss(snapshot, {}, np.full(P * P, True)) != pytest.approx(base, rel=1e-2), "on the train rows"

    def test_a_wider_box_is_sharper_and_the_seed_decides(self) -> None:
        snapshot = network()
        values = [measured(Sharpness(epsilon=epsilon), snapshot).headline["sharpness"] for epsilon in (1e-4, 1e-3, 1e-2)]
        assert 0 < 5 * values[0] < values[1] < values[2] / 5
        assert measured(Sharpness(), snapshot).headline["sharpness"] == values[1]
        assert measured(Sharpness(seed=1), snapshot).headline["sharpness"] != pytest.approx(values[1], rel=1e-3)


@pytest.mark.parametrize("name", ["sharpness", "gradient-norms"])
def test_without_train_rows_there_is_no_train_loss(name: str, tmp_path: Path) -> None:
    outcome = analyze(open_run(make_run(tmp_path / "run", train=0.0)), [name], nulls=0)[name]
    assert isinstance(outcome, NotApplicable)
    assert outcome.reason == "this run has no train rows"
