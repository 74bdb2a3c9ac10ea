"""coset-concentration on planted networks."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from planted import measured
from planted_characters import drawn, grid_of
from torch import Tensor

from mechgrok.maths.algebra.cosets import cosets, expected_concentration, subgroups
from mechgrok.maths.algebra.groups import Group, symmetric
from mechgrok.measures.groups.coset_concentration import CosetConcentration, _cumulative
from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.group import GroupTask


def two_sided(group: Group, left: Tensor, right: Tensor, operation: str = "compose") -> Snapshot:
    """A transformer whose pre-activations are left[a] + right[b]: (order, d_mlp) each.

    Coordinates of the residual stream: the token (n), the position (3), a's copy (n), b's copy (n). Head 0 attends to position 0 and
    head 1 to position 1, up to exp(-100).
    """
    n, d_mlp = left.shape
    token, position, first, second = slice(n), slice(n, n + 3), slice(n + 3, 2 * n + 3), slice(2 * n + 3, 3 * n + 3)
    d_model = 3 * n + 3
    zeros = lambda *shape: torch.zeros(*shape, dtype=torch.float64)  # noqa: E731
    W_E, W_pos, W_Q, W_K, W_V, W_O, W_in = (
        zeros(n + 1, d_model), zeros(3, d_model), zeros(2, d_model, n), zeros(2, d_model, n), zeros(2, d_model, n), zeros(2, n, d_model),
        zeros(d_model, d_mlp),
    )  # fmt: skip
    W_E[:n, token], W_pos[:, position] = torch.eye(n), torch.eye(3)
    W_Q[:, n + 2, 0] = 1
    for head, copy, values in ((0, first, left), (1, second, right)):
        W_K[head, n + head, 0] = 100 * math.sqrt(n)
        W_V[head, token], W_O[head, :, copy] = torch.eye(n), torch.eye(n)
        W_in[copy] = values
    attention = {f"blocks.0.attn.W_{letter}": each for letter, each in zip("QKVO", (W_Q, W_K, W_V, W_O), strict=True)}
    mlp = {"W_in": W_in, "b_in": zeros(d_mlp), "W_out": zeros(d_mlp, d_model), "b_out": zeros(d_model)}
    weights = {"embed.W_E": W_E, "pos_embed.W_pos": W_pos, "unembed.W_U": zeros(d_model, n), **attention}
    sizes = {"d_model": d_model, "heads": 2, "d_head": n, "d_mlp": d_mlp, "d_vocab": n + 1, "d_vocab_out": n, "n_ctx": 3}
    shape = Architecture(layers=1, **sizes, activation="relu", normalization=None, attn_only=False)
    weights |= {f"blocks.0.mlp.{name}": each for name, each in mlp.items()}
    return Snapshot(grid_of(group, operation), shape, weights, 0)


class TestCosets:
    group = symmetric(4)
    inner = tuple(each for each in subgroups(group) if 1 < each.order < 24)

    def indicators(self, side: str) -> Tensor:
        """For each subgroup, that of the coset of the last element (order, subgroups)."""
        parts = [cosets(self.group, each, side) for each in self.inner]  # type: ignore[arg-type]
        return torch.stack([torch.from_numpy(each == each[-1]).double() for each in parts], dim=1)

    @pytest.fixture(scope="class")
    def table(self) -> pd.DataFrame:
        """Functions that tell the cosets of each subgroup apart: left ones of a, right ones of b."""
        values = drawn(24)
        left, right = (
            torch.stack([values[cosets(self.group, each, side)] for each in self.inner], dim=1)  # type: ignore[arg-type]
            for side in ("left", "right")
        )
        return measured(CosetConcentration(), two_sided(self.group, left, 3 * right)).table.set_index(["operand", "neuron"])

    def test_neurons_that_see_cosets_are_told_their_subgroup(self, table: pd.DataFrame) -> None:
        """Not one of its own subgroups, on which they are as constant."""
        for operand, side in (("a", "left"), ("b", "right")):
            found = table.loc[operand]
            assert found["concentration"].to_numpy() == pytest.approx(0, abs=1e-20)
            assert found["order"].tolist() == [each.order for each in self.inner]
            for (_, row), each in zip(found.iterrows(), self.inner, strict=True):
                normal = np.array_equal(*(cosets(self.group, each, kind) for kind in ("left", "right")))  # type: ignore[arg-type]
                assert row["side"] == ("left" if normal else side)
                assert row["subgroup"] == f"<{', '.join(self.group.labels[g] for g in each.generators)}>"
                assert row["index"] == 24 // each.order

    def test_a_sum_over_both_operands_says_nothing_of_the_product(self, table: pd.DataFrame) -> None:
        """Its mean over the rows of one label is the same for all labels, up to rounding."""
        assert (table.loc["label"]["order"] == 0).all()
        assert table.loc["label"]["relative"].isna().all()

    def test_indicators_of_single_cosets_are_concentrated(self) -> None:
        indicators = self.indicators("left")
        found = measured(CosetConcentration(), two_sided(self.group, indicators, drawn(*indicators.shape))).headline
        assert found["a_concentrated"] == len(self.inner)
        assert found["a_mean_relative"] == pytest.approx(0, abs=1e-20)
        assert found["b_concentrated"] == 0

    def test_random_neurons_are_on_no_cosets(self) -> None:
        values = drawn(24, 200)
        found = measured(CosetConcentration(), two_sided(self.group, values, values.flip(1)))
        assert (found.headline["a_concentrated"], found.headline["b_concentrated"]) == (0, 0)
        assert found.headline["label_mean_relative"] is None
        assert 0.3 < found.headline["a_mean_relative"] < 1, "the lowest of 50 ways to cut the group"
        of_a = found.table[found.table["operand"] == "a"]
        rising = _cumulative(of_a.assign(function="a"))
        assert rising["relative"].tolist() == [0, *sorted(of_a["relative"])]
        assert rising["neurons"].tolist() == list(range(201))

    def test_a_noisy_function_is_given_its_largest_subgroup(self) -> None:
        """Trap: by concentration alone, the smallest subgroups always win."""
        A4 = next(each for each in self.inner if each.order == 12)
        parity = torch.from_numpy(cosets(self.group, A4, "left")).double()
        noisy = parity[:, None] + 0.1 * drawn(24, 30)
        found = measured(CosetConcentration(), two_sided(self.group, noisy, torch.zeros_like(noisy))).table
        assert set(found[found["operand"] == "a"]["order"]) == {12}
        assert set(found[found["operand"] == "b"]["order"]) == {0}

    def test_relative_is_over_what_a_random_function_has(self) -> None:
        found = measured(CosetConcentration(), two_sided(self.group, drawn(24, 40), drawn(24, 40))).table
        found = found[found["order"] > 0]
        expected = found["index"].map(lambda count: expected_concentration(24, count))
        assert (found["concentration"] / found["relative"]).tolist() == pytest.approx(expected.tolist(), rel=1e-12)
        assert ((24 - found["index"]) / 23).tolist() == pytest.approx(expected.tolist(), rel=1e-12)

    def test_the_whole_group_is_no_answer_even_where_nothing_is_concentrated(self) -> None:
        """On {0, 2} and {1, 3} this varies more than at random, 1.5 to 1; the whole group would always give 1."""
        values = torch.tensor([[1.0], [1.0], [-1.0], [-1.0]], dtype=torch.float64)
        group = GroupTask(group="cyclic", n=4).structure
        found = measured(CosetConcentration(), two_sided(group, values, values)).table.set_index("operand").loc["a"]
        assert (found["order"], found["subgroup"]) == (2, "<2>")
        assert (found["concentration"], found["relative"]) == (pytest.approx(1), pytest.approx(1.5))

    def test_labels_are_those_of_the_task(self) -> None:
        """The parity of b is that of a b a^-1, and says nothing of a b."""
        parity = torch.from_numpy(cosets(self.group, next(each for each in self.inner if each.order == 12), "left")).double()[:, None]
        found = measured(CosetConcentration(), two_sided(self.group, torch.zeros_like(parity), parity, "conjugate")).table
        assert found.set_index("operand")["order"].to_dict() == {"a": 0, "b": 12, "label": 12}
