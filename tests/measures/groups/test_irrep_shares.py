"""irrep-shares on planted networks."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from planted import measured
from planted_characters import Amplitudes, cases, drawn, flat, grid_of, norms

from mechgrok.maths.algebra.groups import Group, symmetric
from mechgrok.maths.algebra.representations import group_basis, real_irreps
from mechgrok.measures.groups.irrep_shares import IrrepShares
from mechgrok.runs.snapshot import Snapshot


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
