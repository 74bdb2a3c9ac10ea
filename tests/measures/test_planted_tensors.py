"""Weights that are looked at as they are: norms, symmetry, maps, images, histograms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from made_runs import make_run
from planted import architecture, measured, table
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.frequencies.embedding_symmetry import EmbeddingSymmetry
from mechgrok.measures.frequencies.token_map import TokenMap
from mechgrok.measures.weights.parameter_names import by_parameter, short
from mechgrok.measures.weights.parameter_norms import ParameterNorms
from mechgrok.measures.weights.weight_histogram import WeightHistogram
from mechgrok.measures.weights.weight_image import WeightImage
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot

P = 13

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def holding(weights: dict[str, Tensor], p: int = P) -> Snapshot:
    return Snapshot(table(p), architecture(p), weights, 0)


def embedding(rows: Tensor, equals: float = 50.0) -> Snapshot:
    """W_E with these rows for the number tokens, and a large one for '='."""
    return holding({"embed.W_E": torch.cat([rows.double(), torch.full((1, rows.shape[1]), equals, dtype=torch.float64)])}, len(rows))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("blocks.0.attn.W_Q", "W_Q 0"),
        ("blocks.1.mlp.b_in", "b_in 1"),
        ("blocks.0.ln2.w", "ln2.w 0"),
        ("embed.W_E", "W_E"),
        ("ln_final.w", "ln_final.w"),
    ],
)
def test_short_names_keep_what_tells_parameters_apart(name: str, expected: str) -> None:
    assert short(name) == expected


def test_only_parameters_with_a_number_have_a_bar() -> None:
    rows = pd.DataFrame({"parameter": ["embed.W_E", "blocks.0.mlp.b_in", "unembed.W_U"], "norm": [1.0, math.nan, 2.0]})
    figure = by_parameter(rows, "norm", y_title="norm")
    assert list(figure.layout.xaxis.tickvals) == ["W_E", "W_U"]
    assert [list(trace.x) for trace in figure.data] == [["W_E", "W_U"]]


class TestParameterNorms:
    @pytest.fixture
    def snapshot(self) -> Snapshot:
        numbers = {"embed.W_E": [[3.0, -4.0]], "unembed.W_U": [[1.0], [2.0], [-2.0], [0.0]], "unembed.b_U": [0.0] * 3}
        return holding({name: torch.tensor(values) for name, values in numbers.items()})

    def test_parameters_come_by_name(self, snapshot: Snapshot) -> None:
        turned = holding(dict(reversed(snapshot.weights.items())))
        assert measured(ParameterNorms(), turned).table["parameter"].tolist() == ["embed.W_E", "unembed.W_U", "unembed.b_U"]

    def test_by_hand(self, snapshot: Snapshot) -> None:
        """(3, -4): 7, 5, 5 / sqrt 2. (1, 2, -2, 0): 5, 3, 3 / 2. Together: 12, sqrt 34, sqrt(34 / 9). Zeros count in no mean."""
        found = measured(ParameterNorms(), snapshot)
        rows = found.table.set_index("parameter")
        assert rows.loc["embed.W_E", ["entries", "l1", "l2", "rms"]].tolist() == pytest.approx([2, 7, 5, 5 / math.sqrt(2)], rel=1e-14)
        assert rows.loc["unembed.W_U", ["entries", "l1", "l2", "rms"]].tolist() == pytest.approx([4, 5, 3, 1.5], rel=1e-14)
        expected = {"mean_l1": 6, "mean_l2": 4, "total_l1": 12, "total_l2": math.sqrt(34), "total_rms": math.sqrt(34 / 9)}
        assert {name: found.headline[name] for name in expected} == pytest.approx(expected, rel=1e-14)
        assert found.headline["rms_by_parameter"] == pytest.approx(
            {"embed.W_E": 5 / math.sqrt(2), "unembed.W_U": 1.5, "unembed.b_U": 0}, rel=1e-14
        )


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


class TestTokenMap:
    @pytest.fixture
    def circles(self) -> Snapshot:
        """Circles of radius 4 and 2 in four of six dimensions: 4/5 and 1/5 of the variance, half on each axis."""
        angles = 2 * math.pi * torch.arange(P).double() / P
        flat = [r * f(k * angles) for k, r in ((1, 4), (5, 2)) for f in (torch.cos, torch.sin)]
        return embedding(torch.stack([*flat, torch.full((P,), 9.0), torch.zeros(P)], dim=1))

    def test_principal_axes(self, circles: Snapshot) -> None:
        found = measured(TokenMap(), circles)
        assert found.headline == pytest.approx({"first_share": 0.4, "second_share": 0.4}, rel=1e-12)
        assert np.hypot(found.table["first"], found.table["second"]).tolist() == pytest.approx([4] * P, rel=1e-12)
        assert found.table["token"].tolist() == list(range(P))
        assert "40.0%" in found.figure().layout.xaxis.title.text

    def test_the_first_axis_is_the_longer_one(self) -> None:
        angle = 2 * math.pi * torch.arange(P).double() / P
        found = measured(TokenMap(), embedding(torch.stack([torch.cos(angle), 3 * torch.sin(angle)], dim=1)))
        assert found.headline == pytest.approx({"first_share": 0.9, "second_share": 0.1}, rel=1e-12)
        assert found.table["first"].abs().max() == pytest.approx(3 * math.sin(2 * math.pi * 3 / P), rel=1e-12)

    def test_tsne_keeps_the_circle_and_claims_no_share(self, circles: Snapshot) -> None:
        found = measured(TokenMap(method="tsne"), circles)
        assert found.headline == {"first_share": None, "second_share": None}
        assert "t-SNE" in found.missing["first_share"]
        places = found.table[["first", "second"]].to_numpy()
        steps = np.linalg.norm(places - np.roll(places, 1, axis=0), axis=1)
        assert steps.max() < 0.5 * np.linalg.norm(places[:, None] - places, axis=2).max()

    def test_one_embedding_for_all(self) -> None:
        assert "same embedding" in measured(TokenMap(), embedding(torch.ones(7, 3))).missing["first_share"]


class TestWeightImage:
    def test_matrix_and_vector(self) -> None:
        snapshot = holding({"embed.W_E": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]]), "blocks.0.mlp.b_in": torch.tensor([7.0, 8.0])})
        found = measured(WeightImage(), snapshot)
        assert found.table.pivot(index="row", columns="column", values="value").to_numpy().tolist() == [[1, 2, 3], [4, 5, -6]]
        assert found.headline == {"shape": [1, 2, 3], "norm": pytest.approx(math.sqrt(91), rel=1e-14), "largest": 6}
        vector = measured(WeightImage(tensor="blocks.0.mlp.b_in"), snapshot).table
        assert vector[["head", "row", "column", "value"]].to_numpy().tolist() == [[0, 0, 0, 7], [0, 0, 1, 8]]

    def test_an_image_a_head(self) -> None:
        tensor = torch.arange(24.0).view(2, 3, 4)
        found = measured(WeightImage(tensor="blocks.0.attn.W_Q"), holding({"blocks.0.attn.W_Q": tensor}))
        assert found.table.set_index(["head", "row", "column"]).loc[(1, 2, 0), "value"] == tensor[1, 2, 0]
        assert found.headline["shape"] == [2, 3, 4]
        images = [trace for trace in found.figure().data if trace.type == "heatmap"]
        assert np.array_equal(images[1].z, tensor[1].numpy())

    def test_a_parameter_that_is_not_there(self, tmp_path: Path) -> None:
        outcome = analyze(open_run(make_run(tmp_path / "run")), ["weight-image(tensor=embed.W_U)"], nulls=0).popitem()[1]
        assert isinstance(outcome, NotApplicable)
        assert "no parameter embed.W_U" in outcome.reason
        assert "did you mean unembed.W_U" in outcome.reason


class TestWeightHistogram:
    def test_by_hand(self) -> None:
        found = measured(WeightHistogram(bins=4), holding({"a": torch.tensor([0.0, 0.9, 1.0, 2.5, 4.0]), "b": torch.zeros(2, 3)}))
        rows = found.table[found.table["parameter"] == "a"]
        assert rows[["low", "high", "count"]].to_numpy().tolist() == [[0, 1, 2], [1, 2, 1], [2, 3, 1], [3, 4, 1]]
        assert found.headline["entries"] == 11
        assert found.headline["range_by_parameter"] == {"a": [0, 4], "b": [0, 0]}

    def test_the_figure_has_the_largest(self, tmp_path: Path) -> None:
        outcome = analyze(open_run(make_run(tmp_path / "run")), ["weight-histogram"], nulls=0)["weight-histogram"]
        assert isinstance(outcome, Result)
        shown = {annotation.text.partition("</b>")[2].strip() for annotation in outcome.figure().layout.annotations}
        assert {"embed.W_E", "unembed.W_U", "blocks.0.attn.W_O"} <= shown
