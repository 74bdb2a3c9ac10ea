"""Networks that are made to be clocks, pizzas, circles or none of it."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from made_runs import make_run
from planted import Planted, architecture, cosines, handmade_snapshot, measured, table
from torch import Tensor

from mechgrok.engine.analyze import analyze
from mechgrok.measures.algorithms.clock_pizza import ClockPizza
from mechgrok.measures.algorithms.distance_irrelevance import DistanceIrrelevance
from mechgrok.measures.algorithms.gradient_symmetricity import GradientSymmetricity
from mechgrok.measures.frequencies.circularity import Circularity
from mechgrok.measures.logits.equivariance import Equivariance
from mechgrok.measures.logits.logit_profile import LogitProfile
from mechgrok.models.architecture import Architecture
from mechgrok.runs.run import open_run
from mechgrok.runs.snapshot import Snapshot


def wave(p: int, k: int, phase: float = 0.0) -> Tensor:
    return torch.cos(2 * math.pi * k * torch.arange(p, dtype=torch.float64) / p + phase)


def circle(p: int, k: int, size: float) -> Tensor:
    return size * torch.stack([wave(p, k), wave(p, k, -math.pi / 2)], dim=1)


class TestEquivariance:
    @pytest.mark.parametrize(("p", "operation"), [(13, "add"), (8, "add"), (13, "subtract")])
    def test_planted_cosines_are_certified(self, p: int, operation) -> None:
        amplitudes = {1: 3.0, 3: 2.0}
        g = sum(A * np.cos(2 * np.pi * k * np.arange(p) / p) for k, A in amplitudes.items())
        grid = table(p, operation)
        found = measured(Equivariance(), Planted(grid, cosines(grid, amplitudes) + 7)).headline
        assert found["residual"] < 1e-28
        assert found["gamma"] == pytest.approx(g[0] - g[1:].max(), abs=1e-12)
        assert found["imbalance"] == pytest.approx(0, abs=1e-12)
        assert found["certified"]

    def test_the_guarantee_holds_and_is_not_given_away(self) -> None:
        """Noise of any size on a right network: certified implies right, and it is certified for small noise only."""
        grid = table(11)
        noise = torch.randn(121, 11, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        right = cosines(grid, {2: 5.0})
        found = {}
        for scale in (0.01, 0.1, 0.3, 1.0, 3.0, 10.0):
            logits = right + scale * noise
            found[scale] = measured(Equivariance(), Planted(grid, logits)).headline["certified"]
            assert not found[scale] or bool((logits.argmax(1) == grid.labels).all())
        assert (found[0.01], found[10.0]) == (True, False)

    def test_a_wrong_row_in_a_certified_table_is_an_error_of_ours(self) -> None:
        grid = table(7)
        other = dataclasses.replace(grid, labels=(grid.labels + 1) % 7)
        with pytest.raises(AssertionError, match="at fault"):
            measured(Equivariance(), Planted(other, cosines(grid, {1: 5.0})))

    def test_memorised_noise_is_not_equivariant(self) -> None:
        """Of (p - 1) p^2 dimensions p - 1 are equivariant: the share of noise is 1 / p^2."""
        noise = torch.randn(31 * 31, 31, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        found = measured(Equivariance(), Planted(table(31), noise)).headline
        assert found["residual"] == pytest.approx(1, abs=0.005)
        assert not found["certified"]

    def test_constant_logits_have_no_share(self) -> None:
        found = measured(Equivariance(), Planted(table(7), torch.zeros(49, 7, dtype=torch.float64)))
        assert found.headline["residual"] is None
        assert found.headline["certified"] is False


class TestLogitProfile:
    @pytest.mark.parametrize("p", [13, 8])
    def test_planted_cosines(self, p: int) -> None:
        grid = table(p)
        found = measured(LogitProfile(), Planted(grid, cosines(grid, {1: 3.0, 2: 2.0}) - 40))
        d = found.table["distance"].to_numpy()
        assert sorted(d % p) == list(range(p))
        expected = 3 * np.cos(2 * np.pi * d / p) + 2 * np.cos(4 * np.pi * d / p)
        assert found.table["logit"].tolist() == pytest.approx(expected.tolist(), abs=1e-12)
        assert (found.headline["at_answer"], found.headline["peak"]) == pytest.approx((5, 5), abs=1e-12)
        assert found.headline["best_wrong"] == pytest.approx(expected[d != 0].max(), abs=1e-12)


class TestCircularity:
    def embedded(self, columns: list[Tensor]) -> Snapshot:
        """Numbers at these coordinates about a far mean, '=' elsewhere."""
        W_E = torch.cat([torch.cat(columns, dim=1) + 50, torch.full((1, 2 * len(columns)), -1e4, dtype=torch.float64)])
        return Snapshot(table(len(W_E) - 1), architecture(len(W_E) - 1, W_E.shape[1]), {"embed.W_E": W_E}, 0)

    def test_two_circles(self) -> None:
        found = measured(Circularity(), self.embedded([circle(13, 5, 3.0), circle(13, 2, 1.0)])).headline
        assert found["circularity"] == pytest.approx(1, abs=1e-9)
        assert found["frequencies"] == [5, 5, 2, 2]
        assert found["variance"] == pytest.approx(1, abs=1e-12)

    def test_one_circle_has_two_components(self) -> None:
        """The other two have no variance and do not count."""
        result = measured(Circularity(), self.embedded([circle(13, 5, 3.0)]))
        assert result.headline["circularity"] == pytest.approx(1, abs=1e-9)
        assert result.headline["frequencies"] == [5, 5]
        assert result.table["frequency"].tolist() == [5, 5, 0, 0]

    def test_noise_is_less_round(self) -> None:
        noise = torch.randn(59, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        assert measured(Circularity(), self.embedded([noise[:, :2], noise[:, 2:4]])).headline["circularity"] < 0.4


class TestDistanceIrrelevance:
    def found(self, p: int, operation, quantity) -> Mapping[str, float | None]:
        """The label's logit is `quantity(s, d)`, the others are far below and tell nothing but their own."""
        grid = table(p, operation)
        a, b = grid.operands.T
        s, d = ((a + b) % p, (a - b) % p)
        s, d = (s, d) if operation == "add" else (d, s)
        logits = torch.full((p * p, p), -100.0, dtype=torch.float64)
        logits[torch.arange(p * p), grid.labels] = quantity(s, d).double()
        wrong = (grid.labels + 1) % p
        logits[torch.arange(p * p), wrong] = -50 + s.double()
        return measured(DistanceIrrelevance(), Planted(grid, logits)).headline

    @pytest.mark.parametrize(("p", "operation"), [(13, "add"), (8, "add"), (13, "subtract")])
    def test_a_function_of_the_distance_gives_zero(self, p: int, operation) -> None:
        assert self.found(p, operation, lambda s, d: d)["correct"] == pytest.approx(0, abs=1e-7)

    @pytest.mark.parametrize("operation", ["add", "subtract"])
    def test_a_function_of_the_sum_gives_one(self, operation) -> None:
        assert self.found(13, operation, lambda s, d: s)["correct"] == pytest.approx(1, rel=1e-12)

    def test_the_two_variants_look_at_other_logits(self) -> None:
        """The label's logit follows the distance, the top wrong one the sum."""
        found = self.found(13, "add", lambda s, d: d)
        assert found["correct"] == pytest.approx(0, abs=1e-7)
        assert found["top_wrong"] == pytest.approx(1, rel=1e-12)

    def test_independent_parts(self) -> None:
        """s + d with s, d uniform: equal variances, so 1 / sqrt 2; a sample deviation or the mean over s would give another value."""
        assert self.found(13, "add", lambda s, d: s + d)["correct"] == pytest.approx(math.sqrt(0.5), rel=1e-12)
        assert self.found(13, "add", lambda s, d: s + 2 * d)["correct"] == pytest.approx(math.sqrt(0.2), rel=1e-12)

    def test_a_constant_logit_has_none(self) -> None:
        assert self.found(13, "add", lambda s, d: 0 * s)["correct"] is None


class TestGradientSymmetricity:
    def two_readers(self, cosine: float, p: int = 7) -> Snapshot:
        """Head 0 attends to a, head 1 to b, by position; a's coordinate 0 and b's `cosine` x_0 + sine x_1 meet in the logits."""
        z = {"dtype": torch.float64}
        W_E = torch.cat([torch.randn(p, 4, generator=torch.Generator().manual_seed(0), **z), torch.tensor([[0.0, 0, 0, 1]], **z)])
        W_E[:p, 2:] = 0
        W_pos = torch.tensor([[0.0, 0, 1, 0], [0, 0, -1, 0], [0, 0, 0, 0]], **z)
        W_Q, W_K, W_V, W_O = (torch.zeros(2, 4, 1, **z) for _ in range(4))
        W_Q[:, 3, 0] = 1
        W_K[:, 2, 0] = torch.tensor([60.0, -60.0])
        W_V[0, 0, 0] = 1
        W_V[1, :2, 0] = torch.tensor([cosine, math.sqrt(1 - cosine**2)], **z)
        W_O[:, 0, 0] = 1
        W_U = torch.randn(4, p, generator=torch.Generator().manual_seed(1), **z)
        attention = {"W_Q": W_Q, "W_K": W_K, "W_V": W_V, "W_O": W_O.transpose(1, 2)}
        weights = {f"blocks.0.attn.{name}": tensor for name, tensor in attention.items()}
        weights |= {"embed.W_E": W_E, "pos_embed.W_pos": W_pos, "unembed.W_U": W_U}
        return Snapshot(table(p), Architecture(1, 2, 4, 1, 1, p + 1, p, 3, "relu", None, True), weights, 0)

    @pytest.mark.parametrize("cosine", [1.0, 0.6, 0.0, -0.8])
    def test_planted_directions(self, cosine: float) -> None:
        assert measured(GradientSymmetricity(), self.two_readers(cosine)).headline["symmetricity"] == pytest.approx(cosine, abs=1e-12)

    def test_a_network_of_the_sum_of_embeddings_is_symmetric(self) -> None:
        assert measured(GradientSymmetricity(), handmade_snapshot(13, {3: 5.0})).headline["symmetricity"] == pytest.approx(1, abs=1e-12)

    def test_a_network_without_gradients_says_so(self) -> None:
        zero = self.two_readers(1.0)
        zero = zero.with_weights({"unembed.W_U": 0 * zero.weights["unembed.W_U"]})
        assert measured(GradientSymmetricity(), zero).headline["symmetricity"] is None


class Clock(Planted):
    """L = sum over circles i, of embedding coordinates (x, y) each, of Re (z_a z_b conj z_c), z = x + i y: what a clock does."""

    def __init__(self, W_E: Tensor) -> None:
        super().__init__(table(len(W_E)))
        self.weights = {"embed.W_E": W_E}

    def with_weights(self, replaced: Mapping[str, Tensor]) -> Clock:
        return Clock(replaced["embed.W_E"])

    @property
    def logits(self) -> Tensor:
        z = torch.view_as_complex(self.weights["embed.W_E"].unflatten(1, (-1, 2)).contiguous())
        return torch.einsum("ai,bi,ci->abc", z, z, z.conj()).real.flatten(0, 1)


class TestClockPizza:
    def rows(self, snapshot: Snapshot, symmetricity: float = 0.3, irrelevance: float = 0.85, keys: tuple[int, ...] = (2, 4)):
        measure = ClockPizza(keys=keys)
        given = {
            "keys": measure.requires["keys"].compute(snapshot, {}),
            "symmetricity": pd.DataFrame({"cosine": [symmetricity - 0.1, symmetricity + 0.1]}),
            "irrelevance": pd.DataFrame({"variant": ["correct", "top-wrong"], "irrelevance": [irrelevance, 0.5]}),
        }
        return measure, measure.compute(snapshot, given).assign(step=0)

    def test_each_circle_of_a_clock_alone_is_a_clock(self) -> None:
        """Together with the other circle, or with the other's components left in, no formula of one frequency explains it all."""
        snapshot = Clock(torch.cat([circle(13, 2, 1.0), circle(13, 4, 2.0)], dim=1))
        _, found = self.rows(snapshot)
        assert found["frequency"].tolist() == [2, 4]
        assert found["variance"].tolist() == pytest.approx([0.2, 0.8], abs=1e-12)
        assert found["clock"].tolist() == pytest.approx([1, 1], abs=1e-12)
        assert found["symmetricity"].tolist() == pytest.approx([0.3, 0.3])
        assert (found[["pizza", "pizza_text"]] < 0.9).all(axis=None)

    def test_only_key_circles_count(self) -> None:
        _, found = self.rows(Clock(torch.cat([circle(13, 2, 1.0), circle(13, 4, 2.0)], dim=1)), keys=(4, 6))
        assert found["frequency"].tolist() == [4]

    def test_an_embedding_without_circles_says_so(self) -> None:
        measure, found = self.rows(Clock(torch.stack([wave(13, 2), 0 * wave(13, 2)], dim=1)))
        assert found["frequency"].tolist() == [0]
        headline = measure.headline(found)
        assert headline["circles"] == 0
        assert "no two principal components" in headline["explained_clock"]

    @pytest.mark.parametrize(
        ("symmetricity", "irrelevance", "label"),
        [(0.99, 0.17, "pizza"), (0.33, 0.85, "clock"), (0.99, 0.85, "undecided"), (0.8, 0.5, "undecided"), (math.nan, 0.1, "undecided")],
    )
    def test_the_label(self, symmetricity: float, irrelevance: float, label: str) -> None:
        measure, found = self.rows(Clock(circle(13, 2, 1.0)), symmetricity, irrelevance)
        assert measure.headline(found)["label"] == label

    @pytest.mark.parametrize(("symmetricity", "irrelevance", "label"), [(0.75, 0.25, "pizza"), (0.5, 0.5, "clock")])
    def test_the_bounds_of_a_label_belong_to_it(self, symmetricity: float, irrelevance: float, label: str) -> None:
        measure = ClockPizza(pizza=(0.75, 0.25), clock=(0.5, 0.5))
        row = {"frequency": [0], "symmetricity": [symmetricity], "irrelevance": [irrelevance], "clock": math.nan, "pizza": math.nan}
        found = pd.DataFrame(row).assign(pizza_text=math.nan, step=0)
        assert measure.headline(found)["label"] == label


@pytest.mark.parametrize("name", ["distance-irrelevance", "clock-pizza"])
def test_a_task_without_diagonals_has_no_distance(name: str, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    config = json.loads((folder / "config.json").read_text())
    config["task"]["operation"] = "add-squares"
    (folder / "config.json").write_text(json.dumps(config))
    assert "no sum and no difference" in analyze(open_run(folder), [name], nulls=0)[name].reason
