"""tangent-kernel beside differences of the logits, a network in closed form, and runs that do not move."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import make_run
from slopes import network

from mechgrok.engine.analyze import analyze
from mechgrok.measures.weights.tangent_kernel import TangentKernel, kernel
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular


def test_it_is_the_product_of_all_slopes_of_the_logits() -> None:
    snapshot, step, rows = network(), 1e-5, torch.tensor([3, 8, 20])
    slopes = []
    for name, weight in snapshot.weights.items():
        for place in range(weight.numel()):
            ends = []
            for sign in (1, -1):
                moved = weight.clone()
                moved.view(-1)[place] += sign * step
                ends.append(snapshot.with_weights({name: moved}).logits[rows])
            slopes.append((ends[0] - ends[1]) / (2 * step))
    J = torch.stack(slopes, dim=2)
    J = J - J.mean(1, keepdim=True)
    expected = torch.einsum("ncw,mcw->nm", J, J)
    assert kernel(snapshot, rows).numpy() == pytest.approx(expected.numpy(), rel=1e-6)


def test_a_quadratic_network_in_closed_form() -> None:
    """L_c = s sum_j V_jc z_j^2, z = U[a] + U'[b]: s^2 ((p - 1) z^2 . z'^2 + 4 sum_j z_j z_j' |V_j - mean|^2 ([a = a'] + [b = b']))."""
    p, width = 7, 5
    task, model = Modular(p=p, layout="a b"), QuadraticMLP(d_mlp=width)
    snapshot = Snapshot(Grid.of(task, None), model.architecture(task), model.initial(task), 0)
    U, V = snapshot.parameters["embed.W_E"].numpy(), snapshot.parameters["blocks.0.mlp.W_out"].numpy()
    rows = torch.tensor([0, 1, 8, 15, 22])
    a, b = rows.numpy() // p, rows.numpy() % p
    z = U[0][a] + U[1][b]
    shared = (a == a[:, None]).astype(int) + (b == b[:, None])
    size = ((V - V.mean(1, keepdims=True)) ** 2).sum(1)
    expected = ((p - 1) * z**2 @ (z**2).T + 4 * (z * size) @ z.T * shared) / (2 * p * width) ** 2
    assert kernel(snapshot, rows).numpy() == pytest.approx(expected, rel=1e-10)


def test_rows_repeat_labels_and_come_from_the_train_rows(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", p=7, train=0.8))
    rows = TangentKernel(labels=3, rows=2)._rows(run.grid)
    assert run.is_train is not None
    assert run.is_train[rows.numpy()].all()
    labels = run.grid.labels[rows].tolist()
    assert len(set(rows.tolist())) == 6
    assert labels[::2] == labels[1::2]
    assert len(set(labels)) == 3


def test_checkpoints_are_compared_with_the_first_and_the_one_before(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run", p=5, steps=(0, 10, 20))
    files = [path / "weights" / f"{step:08d}.safetensors" for step in (0, 10, 20)]
    files[2].write_bytes(files[1].read_bytes())
    table = analyze(open_run(path), ["tangent-kernel"])["tangent-kernel"].table
    assert table["to_first"][0] == pytest.approx(1)
    assert 0 < table["to_first"][1] < 0.99
    assert table["to_first"][2] == pytest.approx(table["to_first"][1])
    assert np.isnan(table["to_previous"][0])
    assert table["to_previous"][2] == pytest.approx(1)
    few = analyze(open_run(path), ["tangent-kernel(checkpoints=2)"])["tangent-kernel(checkpoints=2)"].table
    assert few["step"].tolist() == [0, 20]
