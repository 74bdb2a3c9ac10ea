"""character-cosines on planted networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import Planted, measured
from planted_characters import CASES, Amplitudes, cases, grid_of, norms, planted_logits

from mechgrok.maths.algebra.groups import Group
from mechgrok.measures.groups.character_cosines import CharacterCosines


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
