"""mask-distance of a made run beside sets of positions, and of weights drawn anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import make_run
from safetensors.torch import load_file, save_file

from mechgrok.engine.analyze import analyze
from mechgrok.measures.weights.mask_distance import MaskDistance
from mechgrok.runs.run import open_run


def sets(path: Path, step: int, keep: float) -> set[tuple[str, int]]:
    """Names and places of the largest entries of all matrices."""
    found = set()
    for name, tensor in load_file(path / "weights" / f"{step:08d}.safetensors").items():
        if tensor.ndim > 1:
            order = np.argsort(-np.abs(tensor.numpy().ravel()), kind="stable")
            found |= {(name, int(place)) for place in order[: max(1, round(keep * tensor.numel()))]}
    return found


@pytest.mark.parametrize("keep", [0.5, 0.2])
def test_it_is_the_jaccard_distance_of_sets(tmp_path: Path, keep: float) -> None:
    path = make_run(tmp_path / "run", p=7, steps=(0, 10, 20))
    found = analyze(open_run(path), [MaskDistance(keep=keep)])[MaskDistance(keep=keep).label].table
    masks = [sets(path, step, keep) for step in (0, 10, 20)]
    distances = {(i, j): 1 - len(masks[i] & masks[j]) / len(masks[i] | masks[j]) for i in range(3) for j in range(3)}
    assert found["to_previous"][1:].tolist() == pytest.approx([distances[0, 1], distances[1, 2]])
    assert found["to_last"].tolist() == pytest.approx([distances[0, 2], distances[1, 2], 0])


def test_independent_weights_have_the_distance_of_chance_and_scale_none(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run", p=7, steps=(0, 10, 20))
    files = [path / "weights" / f"{step:08d}.safetensors" for step in (0, 10, 20)]
    shapes = {name: tensor.shape for name, tensor in load_file(files[0]).items()}
    torch.manual_seed(0)
    first, second = ({name: torch.randn(shape) for name, shape in shapes.items()} for _ in range(2))
    for file, weights in zip(files, (first, second, {name: -3 * each for name, each in second.items()}), strict=True):
        save_file(weights, file)
    result = analyze(open_run(path), [MaskDistance()])["mask-distance"]
    assert result.table["to_previous"][2] == 0
    assert (result.headline["half_way"], result.headline["chance"]) == (10, pytest.approx(2 / 3))
    assert result.headline["first_to_last"] == pytest.approx(2 / 3, abs=0.06)


def test_weights_that_do_not_move(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run", p=7, steps=(0, 10))
    (path / "weights" / "00000010.safetensors").write_bytes((path / "weights" / "00000000.safetensors").read_bytes())
    result = analyze(open_run(path), [MaskDistance()])["mask-distance"]
    assert result.missing["half_way"] == "the largest weights are the same at all checkpoints"
