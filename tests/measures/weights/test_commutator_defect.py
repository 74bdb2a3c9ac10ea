"""commutator-defect beside steps of torch's optimiser on a forward pass written out, and components by singular values."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import plain_forward
import pytest
import torch
from made_runs import make_run
from safetensors.torch import load_file
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.measures.base.measure import Missing
from mechgrok.measures.weights.commutator_defect import CommutatorDefect
from mechgrok.runs.run import Run, open_run

P, STEPS = 7, (0, 10, 20, 30)


def train(run: Run, step: int, batches: list[Tensor], eta: float) -> Tensor:
    """All weights after steps of SGD on these batches, in the order of their names."""
    weights = {name: tensor.double().requires_grad_() for name, tensor in load_file(run.weights_path(step)).items()}
    optimiser = torch.optim.SGD(weights.values(), lr=eta)
    inputs, labels = torch.from_numpy(run.task.inputs()), run.grid.labels
    for rows in batches:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(plain_forward.logits(weights, inputs[rows])[:, :P], labels[rows]).backward()
        optimiser.step()
    return torch.cat([weights[name].detach().flatten() for name in sorted(weights)])


@pytest.mark.parametrize("components", [1, 2, 10])
def test_it_is_the_difference_of_two_orders_of_steps(tmp_path: Path, components: int) -> None:
    run = open_run(make_run(tmp_path / "run", p=P, steps=STEPS, scale=0.3))
    measure = CommutatorDefect(pairs=3, batch=6, eta=1e-2, components=components)
    found = analyze(run, [measure])[measure.label].table.set_index("step")
    batches = measure._batches(run.grid)
    path = torch.stack([train(run, step, [], 0) for step in STEPS])
    basis = torch.linalg.svd(path - path.mean(0), full_matrices=False)[2][: min(components, 3)]
    for step in (0, 20):
        start, defects, outside = train(run, step, [], 0), [], []
        for A, B in batches:
            difference = train(run, step, [A, B], 1e-2) - train(run, step, [B, A], 1e-2)
            defects.append(difference.norm() / (train(run, step, [A], 1e-2) - start).norm() / (train(run, step, [B], 1e-2) - start).norm())
            rest = difference - basis.T @ (basis @ difference)
            outside.append(rest.square().sum() / difference.square().sum())
        assert found["defect"][step] == pytest.approx(float(torch.stack(defects).median()), rel=1e-6)
        assert found["outside"][step] == pytest.approx(float(torch.stack(outside).median()), rel=1e-6)
    assert found["random"][0] == 1 - min(components, 3) / path.shape[1]


def test_batches_of_a_pair_are_train_rows_without_common_ones(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", p=P))
    assert run.is_train is not None
    for A, B in CommutatorDefect(pairs=4)._batches(run.grid):
        assert len(A) == len(B) == run.is_train.sum() // 2
        assert not set(A.tolist()) & set(B.tolist())
        assert run.is_train[torch.cat([A, B]).numpy()].all()


def test_the_onset_needs_both_bounds() -> None:
    def onset(defects: list[float]) -> int | None:
        return CommutatorDefect()._onset(pd.DataFrame({"step": range(len(defects)), "defect": defects}))

    assert onset([1, 2, 3, 19, 20, 21]) == 5
    assert onset([3, 4, 5, 39, 41, 10]) == 4
    assert onset([1, 1, 1, 19]) is None


def test_without_an_early_defect_the_reason_of_the_onset_says_so() -> None:
    nan = float("nan")
    table = pd.DataFrame({"step": range(5), "defect": [nan, nan, nan, 500, 900], "outside": 0.5, "random": 0.9})
    found = CommutatorDefect().headline(table)["onset"]
    assert isinstance(found, Missing)
    assert "gradients of the first checkpoints are zero" in str(found)


def test_weights_at_rest_have_no_trajectory(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run", p=P, steps=(0, 10))
    (path / "weights" / "00000010.safetensors").write_bytes((path / "weights" / "00000000.safetensors").read_bytes())
    found = analyze(open_run(path), ["commutator-defect"])["commutator-defect"]
    assert "the same at all checkpoints" in found.missing["outside"]
    assert found.headline["random"] == 1
