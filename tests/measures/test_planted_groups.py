"""Finite groups: logits, embeddings and neurons whose answers are known before the measures are asked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import torch
from planted import Planted, measured, table
from torch import Tensor

from mechgrok.maths.algebra.cosets import cosets, expected_concentration, subgroups
from mechgrok.maths.algebra.groups import Group, alternating, dihedral, symmetric
from mechgrok.maths.algebra.representations import group_basis, real_irreps
from mechgrok.measures.ablations.excluded_loss import ExcludedLoss
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.frequencies.embedding_spectrum import EmbeddingSpectrum
from mechgrok.measures.groups.character_cosines import CharacterCosines
from mechgrok.measures.groups.coset_concentration import CosetConcentration, _cumulative
from mechgrok.measures.groups.irrep_restricted_loss import IrrepRestrictedLoss
from mechgrok.measures.groups.irrep_shares import IrrepShares
from mechgrok.measures.logits.logit_cosines import LogitCosines
from mechgrok.models.architecture import Architecture
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.group import GroupTask

Amplitudes = Mapping[str, float]
CASES: dict[str, tuple[Group, Amplitudes]] = {
    "S4": (symmetric(4), {"(3,1)": 3.0, "(2,2)": 2.0}),
    "D5": (dihedral(5), {"A2": 2.0, "E2": 3.0}),
    "A4": (alternating(4), {"(2,2)": 2.5, "(3,1)": 1.5}),
}
cases = pytest.mark.parametrize(("group", "amplitudes"), CASES.values(), ids=CASES)


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def grid_of(group: Group, operation: str = "compose", train: np.ndarray | None = None) -> Grid:
    return Grid.of(GroupTask(group=group.family, n=group.n, operation=operation), train)  # type: ignore[arg-type]


def planted_logits(grid: Grid, group: Group, amplitudes: Amplitudes) -> Tensor:
    """L[(a, b), c] = sum of A chi(label c^-1) over representations."""
    quotient = group.table[grid.labels.numpy()[:, None], group.inverse[None, :]]
    characters = {irrep.name: irrep.character for irrep in real_irreps(group)}
    return torch.stack([A * characters[name][quotient] for name, A in amplitudes.items()]).sum(0)


def loss_by_hand(logits: Tensor, labels: Tensor) -> np.ndarray:
    values = logits.numpy()
    return np.log(np.exp(values).sum(1)) - values[np.arange(len(labels)), labels.numpy()]


def norms(group: Group) -> dict[str, int]:
    """<chi, chi>: 2 for a pair of complex conjugates."""
    return {irrep.name: 1 + irrep.complex_type for irrep in real_irreps(group)}


@cases
@pytest.mark.parametrize("operation", ["compose", "conjugate", "aba"])
class TestPlantedCharacters:
    @pytest.fixture
    def snapshot(self, group: Group, amplitudes: Amplitudes, operation: str) -> Planted:
        train = np.random.default_rng(0).random(group.order**2) < 0.4
        grid = grid_of(group, operation, train)
        return Planted(grid, planted_logits(grid, group, amplitudes))

    def test_similarities_in_closed_form(self, snapshot: Planted, group: Group, amplitudes: Amplitudes) -> None:
        found = measured(CharacterCosines(), snapshot).headline
        energy = {name: A**2 * norms(group)[name] for name, A in amplitudes.items()}
        expected = {name: pytest.approx(math.sqrt(each / sum(energy.values())), abs=1e-12) for name, each in energy.items()}
        assert found["similarity"] == expected, "exactly the planted representations are key"
        assert (found["explained"], found["explained_key"]) == (pytest.approx(1, abs=1e-12), pytest.approx(1, abs=1e-12))

    def test_restricted_is_the_whole_loss_and_excluded_is_guessing(self, snapshot: Planted, group: Group, amplitudes: Amplitudes) -> None:
        found = measured(IrrepRestrictedLoss(), snapshot).headline
        per_row = loss_by_hand(snapshot.logits, snapshot.grid.labels)
        for split in ("all", "train", "test"):
            assert found[split] == pytest.approx(per_row[snapshot.grid.subsets[split].numpy()].mean(), rel=1e-10)
        assert (found["excluded_all"], found["excluded_train"]) == pytest.approx([math.log(group.order)] * 2, rel=1e-12)

    def test_without_one_the_loss_is_that_of_the_others(self, snapshot: Planted, group: Group, amplitudes: Amplitudes) -> None:
        found = measured(IrrepRestrictedLoss(), snapshot).headline["excluded_all_by_irrep"]
        for removed in amplitudes:
            others = {name: A for name, A in amplitudes.items() if name != removed}
            expected = loss_by_hand(planted_logits(snapshot.grid, group, others), snapshot.grid.labels).mean()
            assert found.pop(removed) == pytest.approx(expected, rel=1e-10)
        assert not found


class TestTraps:
    group, amplitudes = CASES["S4"]

    def test_another_products_characters_are_none_of_ours(self) -> None:
        """a b a^-1 and a b are different elements, and so is b a."""
        grid = grid_of(self.group)
        for other in ("conjugate", "aba"):
            logits = planted_logits(grid_of(self.group, other), self.group, self.amplitudes)
            assert measured(CharacterCosines(), Planted(grid, logits)).headline["explained"] < 0.3
        swapped = planted_logits(grid, self.group, self.amplitudes).view(24, 24, 24).transpose(0, 1).reshape(-1, 24)
        assert measured(CharacterCosines(), Planted(grid, swapped)).headline["explained"] < 0.5

    def test_a_bias_is_put_back_by_restricted_and_left_in_by_excluded_loss(self) -> None:
        grid, bias = grid_of(self.group), torch.linspace(-2, 3, 24, dtype=torch.float64)
        snapshot = Planted(grid, planted_logits(grid, self.group, self.amplitudes) + bias)
        found = measured(IrrepRestrictedLoss(), snapshot).headline
        assert found["all"] == pytest.approx(loss_by_hand(snapshot.logits, grid.labels).mean(), rel=1e-10)
        assert found["excluded_all"] == pytest.approx(math.log(bias.exp().sum()) - bias.mean().item(), rel=1e-10)
        planted = sum(A**2 for A in self.amplitudes.values())
        explained = planted / (planted + bias.var(correction=0).item())
        assert measured(CharacterCosines(), snapshot).headline["explained"] == pytest.approx(explained, rel=1e-10)

    def test_logits_are_centred_over_c(self) -> None:
        grid = grid_of(self.group)
        moved = planted_logits(grid, self.group, self.amplitudes) + torch.linspace(-50, 90, 576, dtype=torch.float64)[:, None]
        assert measured(CharacterCosines(), Planted(grid, moved)).headline["explained"] == pytest.approx(1, abs=1e-10)

    @pytest.mark.parametrize("scale", [1e-9, 1e9])
    def test_the_unit_of_the_logits_does_not_matter(self, scale: float) -> None:
        grid = grid_of(self.group)
        logits = planted_logits(grid, self.group, self.amplitudes)
        assert measured(CharacterCosines(), Planted(grid, scale * logits)).headline["explained"] == pytest.approx(1, abs=1e-10)
        constant = torch.full_like(logits, scale / 3)
        assert measured(CharacterCosines(), Planted(grid, constant)).headline["explained"] == 0

    def test_logits_constant_over_c_have_no_representation(self) -> None:
        logits = torch.linspace(0, 100, 576, dtype=torch.float64)[:, None].expand(576, 24).contiguous()
        found = measured(CharacterCosines(), Planted(grid_of(self.group), logits)).headline
        assert (found["explained"], found["similarity"]) == (0, {})

    def test_the_projection_keeps_all_matrix_entries_of_the_row_not_only_characters(self) -> None:
        """rho_01(a b) w_c is no function of a b c^-1: the characters do not see it, the restricted loss keeps it whole."""
        grid, irrep = grid_of(self.group), real_irreps(self.group)[1]
        entries = 4 * irrep.matrices[:, 0, 1][grid.labels][:, None] * torch.linspace(-1, 1, 24, dtype=torch.float64)
        snapshot = Planted(grid, entries)
        key = pd.DataFrame({"irrep": [irrep.name], "key": [True]})
        losses = IrrepRestrictedLoss().compute(snapshot, {"keys": key}).groupby("variant")["loss"].first()
        assert losses["restricted"] == pytest.approx(loss_by_hand(entries, grid.labels).mean(), rel=1e-10)
        assert losses["excluded"] == pytest.approx(math.log(24), rel=1e-12)
        assert measured(CharacterCosines(), snapshot).headline["explained"] < 0.2

    def test_memorised_rows_survive_exclusion_and_not_restriction(self) -> None:
        train = np.random.default_rng(1).random(576) < 0.3
        grid = grid_of(self.group, train=train)
        logits = planted_logits(grid, self.group, {"(3,1)": 0.7})
        rows = torch.from_numpy(np.flatnonzero(train))
        logits[rows, grid.labels[rows]] += 6
        key = pd.DataFrame({"irrep": ["(3,1)"], "key": [True]})
        losses = (
            IrrepRestrictedLoss()
            .compute(Planted(grid, logits), {"keys": key})
            .set_index(["variant", "irrep", "split"])["loss"]
            .sort_index()
        )
        excluded, restricted = losses["excluded", "(3,1)"], losses["restricted", "all key"]
        assert excluded["train"] < 0.3
        assert excluded["test"] > math.log(24)
        assert restricted["train"] == pytest.approx(restricted["test"], rel=0.1)


@pytest.mark.parametrize("p", [7, 8])
class TestCyclic:
    """On Z_p everything is what the Fourier measures say of addition, for any network."""

    @pytest.fixture
    def pair(self, p: int) -> tuple[Planted, Planted]:
        train, logits = np.random.default_rng(4).random(p * p) < 0.5, 2 * drawn(p * p, p)
        logits += 1.5 * planted_logits(
            grid_of(GroupTask(group="cyclic", n=p).structure), GroupTask(group="cyclic", n=p).structure, {"E2": 1.0}
        )
        grid = Grid.of(GroupTask(group="cyclic", n=p), train)
        return Planted(grid, logits), Planted(table(p, train=train), logits)

    @staticmethod
    def name(k: int, p: int) -> str:
        return "B" if 2 * k == p else f"E{k}"

    def test_similarities(self, pair: tuple[Planted, Planted], p: int) -> None:
        ours = measured(CharacterCosines(), pair[0]).table.set_index("irrep")["similarity"]
        theirs = measured(LogitCosines(), pair[1]).table.set_index("frequency")["similarity"]
        assert {k: ours[self.name(k, p)] for k in theirs.index} == pytest.approx(theirs.to_dict(), abs=1e-12)

    def test_losses(self, pair: tuple[Planted, Planted], p: int) -> None:
        keys = (2, p // 2)
        given = {"keys": pd.DataFrame({"irrep": [self.name(k, p) for k in keys], "key": True})}
        ours = IrrepRestrictedLoss().compute(pair[0], given).set_index(["variant", "irrep", "split"])["loss"]
        restricted = measured(RestrictedLoss(keys=keys), pair[1]).headline
        excluded = measured(ExcludedLoss(keys=keys), pair[1]).headline
        for split in ("all", "train", "test"):
            assert ours["restricted", "all key", split] == pytest.approx(restricted[split], rel=1e-12)
        assert ours["excluded", "all key", "train"] == pytest.approx(excluded["train"], rel=1e-12)
        for k in keys:
            assert ours["excluded", self.name(k, p), "train"] == pytest.approx(excluded["train_by_frequency"][str(k)], rel=1e-12)

    def test_shares(self, p: int) -> None:
        weights = {"embed.W_E": drawn(p + 1, 5), "unembed.W_U": drawn(5, p)}
        ours, theirs = (
            measured(measure, Snapshot(Grid.of(task, None), flat(p, 5), weights, 0)).table
            for measure, task in ((IrrepShares(), GroupTask(group="cyclic", n=p)), (EmbeddingSpectrum(keys=(1,)), table(p).task))
        )
        shares = ours[ours["matrix"] == "W_E"].set_index("irrep")["share"]
        assert {k: shares[self.name(k, p)] for k in range(1, p // 2 + 1)} == pytest.approx(
            theirs.set_index("frequency")["share"][1:].to_dict(), abs=1e-12
        )


def flat(order: int, d_model: int) -> Architecture:
    """Attention alone, never run."""
    sizes = {"d_model": d_model, "heads": 1, "d_head": 1, "d_mlp": 1, "d_vocab": order + 1, "d_vocab_out": order, "n_ctx": 3}
    return Architecture(layers=1, **sizes, activation="relu", normalization=None, attn_only=True)


class TestShares:
    @cases
    def test_a_matrix_made_of_one_representations_entries_is_all_its(self, group: Group, amplitudes: Amplitudes) -> None:
        for index, irrep in list(enumerate(real_irreps(group)))[1:]:
            basis, owner = group_basis(group)
            features = basis[owner == index].T @ drawn(irrep.functions, 6) + 40
            weights = {"embed.W_E": torch.cat([features, drawn(1, 6)]), "unembed.W_U": features.T}
            found = measured(IrrepShares(), Snapshot(grid_of(group), flat(group.order, 6), weights, 0)).headline
            assert (found["W_E_largest"], found["W_U_largest"]) == (irrep.name, irrep.name)
            assert (found["W_E_share"], found["W_U_share"]) == (pytest.approx(1, abs=1e-12), pytest.approx(1, abs=1e-12))
            assert found["W_L_share"] is None

    @cases
    def test_the_neurons_columns_count_by_the_output(self, group: Group, amplitudes: Amplitudes) -> None:
        """W_L = W_out W_U with as many neurons as elements, so that no shape tells the axes apart."""
        index, irrep = list(enumerate(real_irreps(group)))[-1]
        basis, owner = group_basis(group)
        features = basis[owner == index].T @ drawn(irrep.functions, group.order)
        weights = {"embed.W_E": drawn(group.order + 1, group.order), "unembed.W_U": features.T}
        weights |= {"blocks.0.mlp.W_out": drawn(group.order, group.order), "blocks.0.mlp.W_in": drawn(group.order, group.order)}
        architecture = dataclasses.replace(flat(group.order, group.order), d_mlp=group.order, attn_only=False)
        found = measured(IrrepShares(), Snapshot(grid_of(group), architecture, weights, 0)).headline
        assert (found["W_L_largest"], found["W_L_share"]) == (irrep.name, pytest.approx(1, abs=1e-12))

    @pytest.mark.parametrize("scale", [1e-9, 1e9])
    def test_the_unit_of_the_weights_does_not_matter(self, scale: float) -> None:
        group = symmetric(3)
        constant = scale * torch.tensor([0.1, 0.7, 1 / 3], dtype=torch.float64).repeat(group.order + 1, 1)
        weights = {"embed.W_E": constant, "unembed.W_U": scale * drawn(3, group.order)}
        found = measured(IrrepShares(), Snapshot(grid_of(group), flat(group.order, 3), weights, 0))
        assert "constant" in found.missing["W_E_share"]
        assert 0 < found.headline["W_U_share"] <= 1

    @cases
    def test_random_weights_spread_by_dimension(self, group: Group, amplitudes: Amplitudes) -> None:
        """d^2 / (n - 1), and d^2 / 2 / (n - 1) for a complex type; with so many features the deviation is a few per cent."""
        weights = {"embed.W_E": drawn(group.order + 1, 4000), "unembed.W_U": drawn(4000, group.order)}
        found = measured(IrrepShares(), Snapshot(grid_of(group), flat(group.order, 4000), weights, 0)).table
        by_name = found.set_index(["matrix", "irrep"])
        for irrep in real_irreps(group)[1:]:
            expected = irrep.dimension**2 / norms(group)[irrep.name] / (group.order - 1)
            for matrix in ("W_E", "W_U"):
                assert by_name["share"][matrix, irrep.name] == pytest.approx(expected, rel=0.08)
                assert by_name["expected"][matrix, irrep.name] == pytest.approx(expected, rel=1e-12)
        assert by_name["share"].drop(real_irreps(group)[0].name, level="irrep").groupby("matrix").sum().tolist() == pytest.approx([1, 1])


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
