"""fourier-families on planted networks, against published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from by_hand import mean_loss, noise, some_train
from planted import Planted, architecture, cosine_logits, handmade, measured, table
from torch import Tensor

from mechgrok.measures.logits.fourier_families import FourierFamilies
from mechgrok.measures.logits.mode_controls import ModeControls
from mechgrok.runs.snapshot import Grid, Snapshot

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestFourierFamilies:
    p = 11

    def test_random_modes_are_judged_on_the_rows_of_the_same_split(self, grid: Grid) -> None:
        """As many random modes as there are but the constant one are always all of these: the logits less their mean over rows."""
        centred = sum(self.parts(grid).values()) + (torch.from_numpy(some_train(self.p)) * 9)[:, None] * cosine_logits(grid, {2: 1.0})
        controls = ModeControls(Planted(grid, centred), centred, centred.mean(0, keepdim=True), 2)
        found = controls.against_random(torch.zeros_like(centred), self.p**2 - 1).set_index(["intervention", "split"])["null_mean"]
        for split, mask in grid.subsets.items():
            assert found["alone", split] == pytest.approx(mean_loss(grid, centred - centred.mean(0), mask), rel=1e-9)

    def parts(self, grid: Grid) -> dict[str, Tensor]:
        """One wave a family, with amplitudes 1 to 6 over c."""
        a, b, c = grid.operands[:, :1], grid.operands[:, 1:], torch.arange(self.p)
        wave = lambda *phases: torch.cos(2 * math.pi * (sum(phases) % self.p).double() / self.p)  # noqa: E731
        shapes = {
            "constant": wave(3 * c).expand(self.p**2, self.p),
            "a alone": wave(2 * a, -c),
            "b alone": wave(5 * b, -c),
            "sum": wave(4 * a, 4 * b, -4 * c),
            "difference": wave(a, -b, 2 * c),
            "other": wave(3 * a, b, c),
        }
        return {name: size * shape for size, (name, shape) in enumerate(shapes.items(), 1)}

    @pytest.fixture(scope="class")
    def grid(self) -> Grid:
        return table(self.p, train=some_train(self.p))

    @pytest.fixture(scope="class")
    def rows(self, grid: Grid):
        logits = sum(self.parts(grid).values()) + 7 * noise(self.p**2, 1)
        return measured(FourierFamilies(), Planted(grid, logits)).table.set_index(["family", "intervention", "split"])

    @pytest.mark.long
    def test_shares_and_modes(self, rows) -> None:
        shares = rows["share"].groupby("family").first().to_dict()
        total = sum(size**2 for size in range(1, 7))
        names = ["constant", "a alone", "b alone", "sum", "difference", "other"]
        assert shares == {name: pytest.approx(size**2 / total, rel=1e-10) for size, name in enumerate(names, 1)}
        assert rows["modes"].groupby("family").first().sum() == self.p**2

    def test_kept_and_dropped(self, rows, grid: Grid) -> None:
        parts = self.parts(grid)
        for name, part in parts.items():
            others = {other: each for other, each in parts.items() if other != name}
            constant = 0 if name == "constant" else parts["constant"]
            expected = {"alone": part, "with constant": part + constant, "without": sum(others.values())}
            for intervention, logits in expected.items():
                for split, mask in grid.subsets.items():
                    assert rows["loss"][name, intervention, split] == pytest.approx(mean_loss(grid, logits, mask), rel=1e-9)

    def test_a_relocated_sum_no_longer_answers(self, grid: Grid) -> None:
        """Of one planted frequency k: cos(w_m s - w_k c) in place of cos(w_k s - w_k c), with the rest as it was."""
        answer, rest = 9 * cosine_logits(grid, {4: 1.0}), self.parts(grid)["a alone"]
        found = measured(FourierFamilies(controls=1), Planted(grid, answer + rest))
        s, c = grid.phase[:, None], torch.arange(self.p)
        moved = [9 * torch.cos(2 * math.pi * ((m * s - 4 * c) % self.p).double() / self.p) for m in (1, 2, 3, 5)]
        losses = [mean_loss(grid, each + rest) for each in moved]
        assert min(abs(found.headline["sum_relocated"] - loss) for loss in losses) < 1e-9
        assert found.headline["sum_relocated"] > found.headline["sum_without"] > found.headline["sum_with_constant"]
        assert found.headline["sum_randomised"] > mean_loss(grid, answer + rest)
        assert found.headline["difference_relocated"] == pytest.approx(mean_loss(grid, answer + rest), rel=1e-9)

    def test_random_modes_of_equal_number_carry_little_of_a_planted_sum(self, grid: Grid) -> None:
        """One sum wave lies on four products of basis rows; ten random ones of 120 rarely hold any."""
        found = measured(FourierFamilies(controls=8), Planted(grid, cosine_logits(grid, {2: 9.0})))
        full = mean_loss(grid, cosine_logits(grid, {2: 9.0}))
        assert found.headline["sum_with_constant"] == pytest.approx(full, rel=1e-9)
        assert found.headline["random_with_constant"] > 4 * full
        assert found.headline["random_without"] < 0.5 * found.headline["sum_without"]
        assert found.headline["sum_without"] == pytest.approx(math.log(self.p), rel=1e-9)
        rows = found.table.set_index(["family", "intervention", "split"])
        assert rows["null_min"]["other", "without", "all"] >= rows["loss"]["other", "without", "all"] - 1e-9

    def test_what_cannot_be_told(self) -> None:
        found = measured(FourierFamilies(), Planted(table(3), torch.zeros(9, 3, dtype=torch.float64)))
        assert "constant over c" in found.missing["share_sum"]
        assert "only one frequency" in found.missing["sum_relocated"]
        assert found.headline["sum_without"] == pytest.approx(math.log(3), rel=1e-12)


def test_the_handmade_transformer_has_only_sums() -> None:
    weights = handmade(7, lambda S, c: 3 * np.cos(2 * np.pi * (2 * (S - c) % 7) / 7))
    found = measured(FourierFamilies(controls=1), Snapshot(table(7), architecture(7, 8, 13), weights, 0)).headline
    assert found["share_sum"] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("weights", ["nanda", "chughtai_split"])
@pytest.mark.long
def test_families_and_parts_agree(weights: str, request: pytest.FixtureRequest) -> None:
    """All functions of a + b are the key and the non-key part; without them there is the residual."""
    outcomes = request.getfixturevalue(weights)
    families, rows = outcomes["fourier-families(controls=1)"].headline, outcomes["loss-decomposition"].table
    parts = rows[rows["split"] == "all"].set_index("kept")["loss"]
    assert families["sum_with_constant"] == pytest.approx(parts["key + non-key"], rel=1e-8)
    assert families["sum_without"] == pytest.approx(parts["residual"], rel=1e-8)
    assert families["sum_relocated"] > 10
    assert families["sum_randomised"] > 10
    assert families["difference_without"] < 0.01
