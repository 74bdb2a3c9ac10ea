"""Logits that are a sum of known parts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import Planted, architecture, cosines, handmade, measured, table
from torch import Tensor

from mechgrok.measures.logits.fourier_families import FourierFamilies
from mechgrok.measures.logits.logit_fve import LogitFve
from mechgrok.measures.logits.loss_decomposition import LossDecomposition
from mechgrok.measures.logits.mode_controls import ModeControls
from mechgrok.runs.snapshot import Grid, Snapshot

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def loss_by_hand(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of every row, by the definition."""
    return np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]


def mean_loss(grid: Grid, logits: Tensor, rows: Tensor | slice = slice(None)) -> float:
    return loss_by_hand(logits.numpy(), grid.labels.numpy())[rows].mean()


def some_train(p: int) -> np.ndarray:
    return np.random.default_rng(3).random(p * p) < 0.3


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class TestLogitFve:
    p = 11
    row, column, mean = 3.0, 2.0, 5.0

    @pytest.fixture
    def found(self) -> dict[str, float]:
        grid = table(self.p)
        rows, columns = noise(self.p**2, 1), noise(1, self.p, seed=1)
        rows, columns = ((each - each.mean()) / each.std(correction=0) for each in (rows, columns))
        logits = cosines(grid, {1: 4.0, 3: 2.0, 5: 0.05}) + self.row * rows + self.column * columns + self.mean
        return measured(LogitFve(keys=(1, 3)), Planted(grid, logits)).headline

    def test_every_centring_in_closed_form(self, found: dict[str, float]) -> None:
        """Energies an entry: cosines A^2 / 2, row offsets 9, class offsets 4, mean 25."""
        key, other = (16 + 4) / 2, 0.05**2 / 2
        whole = key + other + self.row**2 + self.column**2
        assert found["key_double"] == pytest.approx(key / (key + other), rel=1e-11)
        assert found["key_over_c"] == pytest.approx(key / (key + other + self.column**2), rel=1e-11)
        assert found["all_over_c"] == pytest.approx((key + other) / (key + other + self.column**2), rel=1e-11)
        assert found["key_global"] == pytest.approx(key / whole, rel=1e-11)
        assert found["key_raw"] == pytest.approx((key - self.mean**2) / whole, rel=1e-11)
        assert found["residual_key"] == pytest.approx(math.sqrt(1 - key / (whole + self.mean**2)), rel=1e-11)

    def test_the_order_of_trap_5(self, found: dict[str, float]) -> None:
        assert found["key_raw"] < 0 < found["key_global"] < found["key_over_c"] < found["key_double"]

    @pytest.mark.parametrize("operation", ["add", "subtract", "add-squares"])
    def test_planted_cosines_are_explained(self, operation) -> None:
        found = measured(LogitFve(), Planted(table(11, operation), cosines(table(11, operation), {1: 4.0, 5: 3.0})))
        centred = [found.headline[f"key_{name}"] for name in ("raw", "global", "over_c")]
        assert centred == pytest.approx([1, 1, 1], abs=1e-10)
        assert found.headline["residual_key"] == pytest.approx(0, abs=1e-6)

    def test_double_centring_where_phases_are_not_uniform(self) -> None:
        """Sums of squares modulo 11 come unequally often, so that the cosines have a mean over the rows."""
        grid = table(11, "add-squares")
        logits = cosines(grid, {1: 1.0}) + noise(121, 11) + 2 * noise(1, 11, seed=1)
        waves = [cosines(grid, {k: 1.0}) for k in (1, 3)]
        M = sum((wave * logits).sum() / wave.square().sum() * wave for wave in waves)
        Y = logits - logits.mean(1, keepdim=True) - logits.mean(0) + logits.mean()
        expected = 1 - ((Y - M).square().sum() / Y.square().sum()).item()
        found = measured(LogitFve(keys=(1, 3)), Planted(grid, logits)).headline
        assert found["key_double"] == pytest.approx(expected, rel=1e-10)


class TestLossDecomposition:
    p = 11

    def parts(self, grid: Grid) -> dict[str, Tensor]:
        """Frequency 3 answers wrongly: removing it helps, so that it is no key frequency. The residual is a function of a - b."""
        a, b = grid.operands.T
        wave = 2 * math.pi * (2 * (a - b)[:, None] % self.p).double() / self.p
        residual = torch.sin(wave + torch.arange(self.p))
        residual = residual - residual.mean(0)
        return {"key": cosines(grid, {1: 4.0, 4: 3.0}), "non-key": cosines(grid, {3: -0.5}), "residual": residual}

    @pytest.fixture(scope="class")
    def grid(self) -> Grid:
        return table(self.p, train=some_train(self.p))

    def test_every_combination(self, grid: Grid) -> None:
        parts, bias = self.parts(grid), torch.linspace(-1, 1, self.p, dtype=torch.float64)
        found = measured(LossDecomposition(), Planted(grid, sum(parts.values()) + bias))
        assert found.headline["frequencies"] == [1, 4]
        assert found.table.query("key")["frequency"].tolist() == [1, 4]
        assert set(found.table[found.table["kept"] != "all but one frequency"]["frequency"]) == {0}
        assert 0.9 < found.headline["share_key"] < 1
        combinations = ["key", "non-key", "residual", "key + non-key", "key + residual", "non-key + residual"]
        kept = {name: name.split(" + ") for name in combinations} | {"everything": list(parts)}
        rows = found.table.set_index(["kept", "split"])["loss"]
        for name, names in kept.items():
            for split, mask in grid.subsets.items():
                expected = mean_loss(grid, sum(parts[each] for each in names) + bias, mask)
                assert rows[name, split] == pytest.approx(expected, rel=1e-10), (name, split)
        assert found.headline["non_key_and_residual"] == rows["non-key + residual", "train"]

    def test_the_mean_of_each_class_stays(self, grid: Grid) -> None:
        """Without it the non-key part alone would answer otherwise."""
        parts, bias = self.parts(grid), torch.linspace(-3, 3, self.p, dtype=torch.float64)
        rows = measured(LossDecomposition(), Planted(grid, sum(parts.values()) + bias)).table.set_index(["kept", "split"])["loss"]
        assert rows["non-key", "all"] > mean_loss(grid, parts["non-key"]) + 0.5

    def test_shares_are_of_logits_centred_over_c_and_over_rows(self, grid: Grid) -> None:
        parts, bias = self.parts(grid), torch.linspace(-9, 9, self.p, dtype=torch.float64)
        offsets = 5 * noise(self.p**2, 1)
        single = measured(LossDecomposition(), Planted(grid, sum(parts.values()) + bias + offsets)).table.query("frequency > 0")
        residual = parts["residual"] - parts["residual"].mean(1, keepdim=True)
        whole = (16 + 9 + 0.25) / 2 + residual.square().mean().item()
        expected = {1: 8 / whole, 2: 0, 3: 0.125 / whole, 4: 4.5 / whole, 5: 0}
        assert single.set_index("frequency")["share"].to_dict() == pytest.approx(expected, abs=1e-10)

    def test_logits_that_do_not_vary_have_no_share(self, grid: Grid) -> None:
        found = measured(LossDecomposition(), Planted(grid, torch.zeros(self.p**2, self.p, dtype=torch.float64)))
        assert (found.headline["frequencies"], found.headline["share_key"]) == ([], 0)
        assert found.table.query("frequency > 0")["share"].isna().all()

    def test_the_threshold(self, grid: Grid) -> None:
        logits = cosines(grid, {1: 4.0, 4: 0.01})
        rise = mean_loss(grid, cosines(grid, {1: 4.0})) - mean_loss(grid, logits)
        assert rise > 0
        for threshold, keys in ((1e-9, [1, 4]), (0.99 * rise, [1, 4]), (1.01 * rise, [1])):
            assert measured(LossDecomposition(threshold=threshold), Planted(grid, logits)).headline["frequencies"] == keys

    def test_parts_add_up_where_phases_are_not_uniform(self) -> None:
        grid = table(7, "add-squares")
        rows = measured(LossDecomposition(), Planted(grid, noise(49, 7))).table.set_index(["kept", "split"])["loss"]
        assert rows["everything", "all"] == pytest.approx(mean_loss(grid, noise(49, 7)), rel=1e-12)


class TestFourierFamilies:
    p = 11

    def test_random_modes_are_judged_on_the_rows_of_the_same_split(self, grid: Grid) -> None:
        """As many random modes as there are but the constant one are always all of these: the logits less their mean over rows."""
        centred = sum(self.parts(grid).values()) + (torch.from_numpy(some_train(self.p)) * 9)[:, None] * cosines(grid, {2: 1.0})
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
        answer, rest = 9 * cosines(grid, {4: 1.0}), self.parts(grid)["a alone"]
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
        found = measured(FourierFamilies(controls=8), Planted(grid, cosines(grid, {2: 9.0})))
        full = mean_loss(grid, cosines(grid, {2: 9.0}))
        assert found.headline["sum_with_constant"] == pytest.approx(full, rel=1e-9)
        assert found.headline["random_with_constant"] > 4 * full
        assert found.headline["random_without"] < 0.5 * found.headline["sum_without"]
        assert found.headline["sum_without"] == pytest.approx(math.log(self.p), rel=1e-9)
        rows = found.table.set_index(["family", "intervention", "split"])
        assert rows["null_min"]["other", "without", "all"] >= rows["loss"]["other", "without", "all"] - 1e-9

    def test_what_cannot_be_told(self) -> None:
        found = measured(FourierFamilies(), Planted(table(3), torch.zeros(9, 3, dtype=torch.float64)))
        assert "do not vary" in found.missing["share_sum"]
        assert "only one frequency" in found.missing["sum_relocated"]
        assert found.headline["sum_without"] == pytest.approx(math.log(3), rel=1e-12)


def test_the_handmade_transformer_has_only_sums() -> None:
    weights = handmade(7, lambda S, c: 3 * np.cos(2 * np.pi * (2 * (S - c) % 7) / 7))
    found = measured(FourierFamilies(controls=1), Snapshot(table(7), architecture(7, 8, 13), weights, 0)).headline
    assert found["share_sum"] == pytest.approx(1, abs=1e-9)
