"""Principal components of paths."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mechgrok.maths.curves.trajectories import components, gram, walk_shares


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_gram_is_that_of_the_flattened_weights_less_the_first() -> None:
    tensors = [draw(6, 3, 2000), draw(6, 5, seed=1)]
    flat = torch.cat([tensor.flatten(1) for tensor in tensors], 1)
    moved = flat - flat[0]
    assert torch.allclose(gram(tensors), moved @ moved.T, rtol=1e-12)


def test_gram_of_single_precision_keeps_small_moves() -> None:
    """Weights of size 100 that move by 1e-3: products of the weights themselves would lose the moves in single precision."""
    still, moves = 100 * draw(1, 5000).float(), 1e-3 * draw(4, 5000, seed=1).float()
    path = still + moves
    exact = path.double() - path[:1].double()
    assert torch.allclose(gram([path]), exact @ exact.T, rtol=1e-10)


def test_components_are_those_of_an_svd() -> None:
    path = draw(12, 40)
    shares, coordinates = components(gram([path]))
    U, S, _ = torch.linalg.svd(path - path.mean(0), full_matrices=False)
    assert torch.allclose(shares, S**2 / (S**2).sum(), atol=1e-10)
    expected = U * S
    assert torch.allclose(coordinates[:, :5].abs(), expected[:, :5].abs(), atol=1e-6)
    assert (coordinates[-1] >= coordinates[0]).all()


def test_a_straight_line_is_one_component() -> None:
    path = torch.linspace(0, 1, 9, dtype=torch.float64)[:, None] * draw(1, 30)
    shares, coordinates = components(gram([path]))
    assert shares[0].item() == pytest.approx(1, abs=1e-12)
    length = path[-1].norm().item()
    assert coordinates[:, 0].tolist() == pytest.approx([length * (t / 8 - 0.5) for t in range(9)], abs=1e-9)


def test_a_path_that_does_not_move_has_no_shares() -> None:
    assert components(gram([torch.ones(4, 10)]))[0].isnan().all()


@pytest.mark.parametrize("n", [5, 200])
def test_random_walk_in_closed_form(n: int) -> None:
    expected = [6 / (n**2 - 1) / (4 * math.sin(math.pi * k / (2 * n)) ** 2) for k in range(1, n)]
    assert walk_shares(torch.arange(n) * 20)[:-1].tolist() == pytest.approx(expected, abs=1e-10)
    assert sum(expected) == pytest.approx(1, abs=1e-12)


def test_random_walk_goes_to_antognini_and_sohl_dickstein() -> None:
    shares = walk_shares(torch.arange(1000))
    assert shares[:4].tolist() == pytest.approx([6 / (math.pi * k) ** 2 for k in range(1, 5)], rel=1e-4)
    assert shares[0].item() == pytest.approx(0.608, abs=5e-4)


@pytest.mark.parametrize("steps", [list(range(60)), [0, *(2**k for k in range(12))]])
def test_simulated_random_walk(steps: list[int]) -> None:
    """Also at uneven steps: steps of variance equal to the time between. With equal variances for all the second case would differ."""
    times = torch.tensor(steps)
    increments = draw(len(steps), 40_000) * torch.diff(times, prepend=times[:1]).double().sqrt()[:, None]
    found, _ = components(gram([increments.cumsum(0)]))
    assert found[:3].tolist() == pytest.approx(walk_shares(times)[:3].tolist(), rel=0.03)
    if steps[-1] > 1000:
        assert abs(found[0] - walk_shares(torch.arange(len(steps)))[0]) > 0.05
