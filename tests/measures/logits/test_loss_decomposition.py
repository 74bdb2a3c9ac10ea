"""loss-decomposition on planted networks, against published numbers."""

from __future__ import annotations

import math

import pytest
import torch
from by_hand import mean_loss, noise, some_train
from planted import Planted, cosine_logits, measured, table
from torch import Tensor

from mechgrok.measures.logits.loss_decomposition import LossDecomposition
from mechgrok.runs.snapshot import Grid

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


class TestLossDecomposition:
    p = 11

    def parts(self, grid: Grid) -> dict[str, Tensor]:
        """Frequency 3 answers wrongly: removing it helps, so that it is no key frequency. The residual is a function of a - b."""
        a, b = grid.operands.T
        wave = 2 * math.pi * (2 * (a - b)[:, None] % self.p).double() / self.p
        residual = torch.sin(wave + torch.arange(self.p))
        residual = residual - residual.mean(0)
        return {"key": cosine_logits(grid, {1: 4.0, 4: 3.0}), "non-key": cosine_logits(grid, {3: -0.5}), "residual": residual}

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
        logits = cosine_logits(grid, {1: 4.0, 4: 0.01})
        rise = mean_loss(grid, cosine_logits(grid, {1: 4.0})) - mean_loss(grid, logits)
        assert rise > 0
        for threshold, keys in ((1e-9, [1, 4]), (0.99 * rise, [1, 4]), (1.01 * rise, [1])):
            assert measured(LossDecomposition(threshold=threshold), Planted(grid, logits)).headline["frequencies"] == keys

    def test_parts_add_up_where_phases_are_not_uniform(self) -> None:
        grid = table(7, "add-squares")
        rows = measured(LossDecomposition(), Planted(grid, noise(49, 7))).table.set_index(["kept", "split"])["loss"]
        assert rows["everything", "all"] == pytest.approx(mean_loss(grid, noise(49, 7)), rel=1e-12)


class TestLowPrecision:
    def test_shares_of_logit_energy(self, nanda) -> None:
        share = nanda["loss-decomposition"].table.query("frequency > 0").set_index("frequency")["share"]
        expected = {23: 0.718288, 6: 0.112112, 39: 0.074662, 3: 0.047413}
        assert {k: share[k] for k in expected} == pytest.approx(expected, abs=1e-6)


class TestC113:
    """The split is in no file of the authors'; with `torch.manual_seed(1); torch.randperm` and .3 their train and test losses come out."""

    def test_parts_of_the_logits_as_in_the_polynomial_paper(self, chughtai_split) -> None:
        """Table A.4, of another network: key 4.985e-8, (a) 4.576, (b) 5.385, (c) 4.989e-8, (d) 1.015e-7, (e) 5.383."""
        found = chughtai_split["loss-decomposition"].headline
        assert {16, 30, 56} < set(found["frequencies"])
        assert 2e-8 < found["key"] < 1e-7
        assert found["key_and_non_key"] == pytest.approx(found["key"], rel=0.05)
        assert found["key_and_residual"] == pytest.approx(found["everything"], rel=0.05)
        assert found["everything"] == pytest.approx(8.859246e-8, rel=1e-4)
        assert all(4.5 < found[name] < 12 for name in ("non_key", "residual", "non_key_and_residual"))
