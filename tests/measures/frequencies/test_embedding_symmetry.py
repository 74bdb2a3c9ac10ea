"""embedding-symmetry on planted networks, against published numbers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from planted import measured
from planted_tensors import P, embedding
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.measures.frequencies.embedding_symmetry import EmbeddingSymmetry
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import open_run

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestEmbeddingSymmetry:
    x = torch.arange(P)

    def test_the_class_of_x_and_minus_x(self) -> None:
        """A direction for each {x, -x}: cosine 1 within, 0 with any other."""
        classes = torch.minimum(self.x, -self.x % P)
        found = measured(EmbeddingSymmetry(), embedding(torch.nn.functional.one_hot(classes) * (1.0 + self.x[:, None])))
        assert found.headline == {"mean": pytest.approx(1, rel=1e-14), "mean_control": 0}
        assert found.table["cosine"].isna().tolist() == [True] + [False] * 12

    def test_cosines_are_even_and_sines_odd(self) -> None:
        """E = (A cos, B sin) of 2 pi x / p: (A^2 cos^2 - B^2 sin^2) / (A^2 cos^2 + B^2 sin^2), uncentred."""
        angle = 2 * math.pi * self.x.double() / P
        found = measured(EmbeddingSymmetry(), embedding(torch.stack([3 * angle.cos(), 2 * angle.sin()], dim=1)))
        even, odd = 9 * angle.cos() ** 2, 4 * angle.sin() ** 2
        assert found.table["cosine"][1:].tolist() == pytest.approx(((even - odd) / (even + odd))[1:].tolist(), rel=1e-12)

    def test_the_control_is_never_the_pair_itself(self) -> None:
        """Orthogonal embeddings, but x and -x the same: any control of x or -x would not be 0."""
        classes = torch.nn.functional.one_hot(torch.minimum(self.x, -self.x % P))
        controls = [measured(EmbeddingSymmetry(seed=seed), embedding(classes)).table["control"][1:] for seed in range(30)]
        assert all((control == 0).all() for control in controls)
        ordered = measured(EmbeddingSymmetry(), embedding(torch.stack([torch.cos(0.1 * self.x), torch.sin(0.1 * self.x)], dim=1)))
        assert ordered.table["control"][1:].nunique() > 5, "the other element is drawn anew for every x"

    def test_the_control_may_be_any_other_element(self) -> None:
        """At angles of .1 a token, 1 has the cosine of .1 d with 1 + d; 0, 2, 3, ..., 11 are drawn, and not 1 nor 12."""
        line = torch.stack([torch.cos(0.1 * self.x), torch.sin(0.1 * self.x)], dim=1)
        drawn = {round(measured(EmbeddingSymmetry(seed=seed), embedding(line)).table["control"][1], 6) for seed in range(200)}
        assert sorted(drawn) == pytest.approx(sorted(math.cos(0.1 * d) for d in range(1, 11)), abs=1e-6)

    @pytest.mark.parametrize("p", [7, 8])
    def test_who_is_left_out(self, p: int) -> None:
        found = measured(EmbeddingSymmetry(), embedding(torch.randn(p, 4, generator=torch.Generator().manual_seed(0)))).table
        assert found[found["cosine"].isna()]["element"].tolist() == ([0] if p == 7 else [0, 4])

    def test_inverses_under_multiplication(self) -> None:
        """A direction for each {x, 1 / x} modulo 13; 1 and 12 are their own inverses."""
        inverse = [pow(x, -1, P) if x else 0 for x in range(P)]
        classes = torch.tensor([min(x, y) for x, y in enumerate(inverse)])
        snapshot = embedding(torch.nn.functional.one_hot(classes))
        measure = EmbeddingSymmetry(basis="multiplicative")
        found = measured(measure, measure.view(snapshot)).headline
        assert found == {"mean": pytest.approx(1, rel=1e-14), "mean_control": 0}
        assert measured(EmbeddingSymmetry(), snapshot).headline["mean"] < 0.5

    @pytest.mark.parametrize(("rows", "why"), [(torch.ones(2, 3), "every element is its own inverse"), (torch.zeros(5, 3), "not zero")])
    def test_gaps(self, rows: Tensor, why: str) -> None:
        found = measured(EmbeddingSymmetry(), embedding(rows))
        assert found.headline == {"mean": None, "mean_control": None}
        assert why in found.missing["mean"]


@pytest.mark.long
def test_squares_make_x_and_minus_x_one(oracles: Path, tmp_path: Path) -> None:
    """oocl/ssq_109.pt, a^2 + b^2 modulo 109: mean cosine of W_E[x] with W_E[-x] .974, of random pairs -.002."""
    import_file(oracles / "oocl" / "ssq_109.pt", tmp_path / "R", ImportOptions(operation="add-squares"))
    found = analyze(open_run(tmp_path / "R"), ["embedding-symmetry"], nulls=3)["embedding-symmetry"]
    assert found.headline["mean"] == pytest.approx(0.974, abs=5e-4)
    assert found.headline["mean_control"] == pytest.approx(-0.002, abs=0.03)
    assert abs(found.null["mean"]["mean"]) < 0.05
