"""readout-fit on planted networks."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
import torch
from by_hand import noise
from planted import handmade_snapshot, measured, table
from planted_attention import A, B, P, Told, cosine, sine
from planted_readout import C, told

from mechgrok.measures.neurons.readout_fit import ReadoutFit


def keyed_rows(found: Any) -> pd.DataFrame:
    return found.table[found.table["key"]].set_index(["frequency", "direction"])


class TestReadoutFit:
    @pytest.mark.parametrize("p", [12, 13])
    def test_a_network_of_cosines_has_coefficients_in_closed_form(self, p: int) -> None:
        """A sqrt(p / 2), and A sqrt(p) for k = p / 2, which has no sine."""
        amplitudes = {2: 8.0, 5: 6.0, 6: 4.0}
        found = measured(ReadoutFit(keys=(2, 5, 6)), handmade_snapshot(p, amplitudes))
        rows = keyed_rows(found)
        assert len(rows) == (5 if p == 12 else 6)
        for (k, direction), row in rows.iterrows():
            size = amplitudes[k] * math.sqrt(p if 2 * k == p else p / 2)
            second = 0 if 2 * k == p else -size if direction == "cosine" else size
            numbers = [row["coefficient"], row["first_product"], row["second_product"], row["fve"], row["second_harmonic"]]
            assert numbers == pytest.approx([size, size, second, 1, 0], abs=1e-7)
        means = [found.headline[f"mean_{name}"] for name in ("fve", "correlation_squared", "second_harmonic")]
        assert means == pytest.approx([1, 1, 0], abs=1e-9)

    def test_a_mean_counts_against_the_fit_and_not_against_the_correlation(self) -> None:
        neurons = [1.5 + cosine(2, A + B), sine(2, A + B)]
        found = keyed_rows(measured(ReadoutFit(keys=(2,)), told(neurons, [cosine(2, C), sine(2, C)])))
        assert found["fve"].tolist() == pytest.approx([1 - 1.5**2 / 0.5, 1], abs=1e-12)
        assert found["correlation_squared"].tolist() == pytest.approx([1, 1], abs=1e-12)

    def test_the_second_harmonic(self) -> None:
        neurons = [cosine(5, A + B) + 0.5 * cosine(10, A + B + 4), sine(5, A + B)]
        found = keyed_rows(measured(ReadoutFit(keys=(5,)), told(neurons, [cosine(5, C), sine(5, C)])))
        assert found["second_harmonic"].tolist() == pytest.approx([0.2, 0], abs=1e-12)
        assert found["fve"].tolist() == pytest.approx([0.8, 1], abs=1e-12)

    def test_waves_of_the_difference_are_no_sum(self) -> None:
        """Of a pizza's readout the products have equal signs."""
        found = keyed_rows(measured(ReadoutFit(keys=(3,)), told([cosine(3, A - B), sine(3, A + B)], [cosine(3, C), sine(3, C)])))
        row = found.loc[(3, "cosine")]
        assert (row["fve"], row["coefficient"]) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
        assert row["first_product"] == pytest.approx(row["second_product"], rel=1e-12)
        assert row["first_product"] == pytest.approx(math.sqrt(P / 2), rel=1e-12)

    def test_subtraction_has_its_own_phase(self) -> None:
        neurons = torch.stack([cosine(3, A - B), sine(3, A - B)], 1)
        waves = torch.stack([cosine(3, C), sine(3, C)])
        snapshot = Told(table(P, "subtract"), neurons=neurons, W_L=waves, direct=0 * noise(P * P, P))
        assert keyed_rows(measured(ReadoutFit(keys=(3,)), snapshot))["fve"].tolist() == pytest.approx([1, 1], abs=1e-12)

    def test_what_does_not_vary_has_no_fit(self) -> None:
        found = measured(ReadoutFit(keys=(2,)), told([1.5 + 0 * cosine(2, A), cosine(2, A + B)], [cosine(2, C), sine(2, C)]))
        assert found.table.set_index(["frequency", "direction"])["fve"].isna()[2].to_dict() == {"cosine": True, "sine": False}

    def test_silent_neurons_are_read_at_no_frequency(self) -> None:
        found = measured(ReadoutFit(keys=(2,)), told([0 * cosine(2, A)], [cosine(2, C)]))
        assert found.table["fve"].isna().all()
        assert "no key frequency" in found.missing["mean_fve"]
