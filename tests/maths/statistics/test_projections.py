"""Maps onto a plane: circles, which are known, and neighbours, which should stay neighbours."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mechgrok.maths.statistics.projections import principal_plane, tsne


def circles(p: int, radii: dict[int, float], features: int = 10) -> Tensor:
    """A point x for every x of Z_p: a circle of each frequency, turned at random into `features` dimensions and moved away."""
    angles = 2 * np.pi * np.arange(p) / p
    flat = np.stack([r * f(k * angles) for k, r in radii.items() for f in (np.cos, np.sin)], axis=1)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(features, features)))[0][: flat.shape[1]]
    return torch.from_numpy(flat @ turn + 100)


class TestPrincipalPlane:
    def test_two_circles(self) -> None:
        """Radii 3 and 1: 9 / 10 of the variance lie on the larger one, half on each axis, and its points are 3 from the middle."""
        places, shares = principal_plane(circles(31, {2: 3.0, 5: 1.0}))
        assert shares.tolist() == pytest.approx([0.45, 0.45], rel=1e-9)
        assert places.norm(dim=1).tolist() == pytest.approx([3.0] * 31, rel=1e-9)
        chord = torch.tensor([2 * 3 * math.sin(math.pi * 2 * d / 31) for d in range(1, 8)])
        assert (places[1:8] - places[0]).norm(dim=1).tolist() == pytest.approx(chord.abs().tolist(), rel=1e-6)

    def test_a_line(self) -> None:
        """0, 3, 6 less their mean; the sign makes the largest coordinate positive, or either where two are as large."""
        places, shares = principal_plane(torch.tensor([[0.0, 1.0], [3.0, 1.0], [9.0, 1.0]]))
        assert places[:, 0].tolist() == pytest.approx([-4, -1, 5], rel=1e-12)
        assert places[:, 1].tolist() == pytest.approx([0] * 3, abs=1e-12)
        assert shares.tolist() == pytest.approx([1, 0], abs=1e-12)
        assert principal_plane(torch.tensor([[0.0], [-9.0], [-3.0]]))[0][:, 0].tolist() == pytest.approx([-4, 5, -1], rel=1e-12)

    def test_an_axis_that_does_not_exist_has_zeros(self) -> None:
        places, shares = principal_plane(torch.tensor([[0.0], [3.0], [9.0]]))
        assert places[:, 1].tolist() == [0, 0, 0]
        assert shares.tolist() == [1, 0]

    @pytest.mark.parametrize("scale", [1e-9, 1e9])
    def test_the_unit_does_not_matter(self, scale: float) -> None:
        row = torch.tensor([0.1, 0.7, 1 / 3], dtype=torch.float64)
        assert principal_plane(scale * row.repeat(7, 1))[1].isnan().all()
        assert principal_plane(scale * torch.eye(3).double())[1].tolist() == pytest.approx([0.5, 0.5], abs=1e-12)

    def test_one_point_many_times(self) -> None:
        places, shares = principal_plane(torch.full((5, 3), 0.1))
        assert places.abs().max() == 0
        assert shares.isnan().all()


class TestTsne:
    @pytest.fixture(scope="class")
    def points(self) -> Tensor:
        return circles(60, {1: 3.0, 7: 0.3})

    def test_neighbours_stay_neighbours(self, points: Tensor) -> None:
        places = tsne(points)
        nearest = torch.cdist(places, places).fill_diagonal_(math.inf).topk(2, largest=False).indices
        distance = (nearest - torch.arange(60)[:, None]).abs()
        around = torch.minimum(distance, 60 - distance)
        assert (around <= 3).double().mean() > 0.9
        assert torch.equal(places, tsne(points)), "the same seed, the same map"

    @pytest.mark.parametrize(("n", "perplexity"), [(7, 2.0), (3, 2 / 3), (200, 30.0)])
    def test_what_scikit_learn_is_asked(self, n: int, perplexity: float, monkeypatch: pytest.MonkeyPatch) -> None:
        """Perplexity min(30, (n - 1) / 3); the principal plane at a standard deviation of 1e-4, as scikit-learn's own start has it."""
        asked: dict = {}

        class Stub:
            def __init__(self, _components: int, **options) -> None:
                asked.update(options)

            def fit_transform(self, _points: np.ndarray) -> np.ndarray:
                return asked["init"]

        monkeypatch.setattr("sklearn.manifold.TSNE", Stub)
        points = torch.randn(n, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([9.0, 3.0, 1.0, 1.0])
        found = tsne(points)
        assert asked["perplexity"] == pytest.approx(perplexity)
        plane = principal_plane(points)[0]
        assert torch.allclose(found, plane * 1e-4 / plane[:, 0].std(), rtol=1e-5)
        assert found.dtype == torch.float64

    @pytest.mark.parametrize("n", [2, 3, 5])
    def test_few_points(self, n: int) -> None:
        places = tsne(torch.randn(n, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
        assert places.shape == (n, 2)
        assert places.isfinite().all()

    def test_one_point_many_times(self) -> None:
        assert tsne(torch.zeros(7, 3)).abs().max() == 0
