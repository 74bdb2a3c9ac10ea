"""activation-map on planted networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted import table as table_of
from planted_attention import A, B, P, Told, attending, cosine, measured_with

from mechgrok.measures.neurons.activation_map import ActivationMap


class TestMaps:
    def test_attention_is_that_to_a_and_rows_are_a(self) -> None:
        heads = torch.rand(2, P * P, generator=torch.Generator().manual_seed(0), dtype=torch.float64) / 2
        rows = measured_with(ActivationMap(), attending(*heads)).table
        assert len(rows) == 2 * P * P
        for row in rows.sample(20, random_state=0).itertuples():
            assert row.value == heads[row.unit, row.a * P + row.b].item()
        assert set(rows["frequency"]) == {0}

    def test_neurons_are_the_first_of_each_key_frequency(self) -> None:
        mixed = 3 + cosine(2, A) + cosine(5, B)
        neurons = torch.stack([mixed, 1 + cosine(5, A + B), 1 + cosine(2, A), 1 + cosine(2, B), 1 + cosine(6, A)], 1)
        snapshot = Told(table_of(P), neurons=neurons, W_L=torch.zeros(5, P).double(), direct=torch.zeros(P * P, P).double())
        found = measured_with(ActivationMap(site="neurons", keys=(2, 5)), snapshot).table
        assert found[["unit", "frequency"]].drop_duplicates().to_numpy().tolist() == [[2, 2], [1, 5]]
        assert found.loc[found["unit"] == 1, "value"].tolist() == neurons[:, 1].tolist()
        without = measured_with(ActivationMap(site="neurons", keys=(3,)), snapshot).table
        assert without[["unit", "frequency"]].drop_duplicates().to_numpy().tolist() == [[0, 0]]

    def test_no_more_than_six(self) -> None:
        p = 29
        numbers = torch.arange(p * p) // p
        waves = [1 + torch.cos(2 * torch.pi * (k * numbers % p).double() / p) for k in range(1, 9)]
        snapshot = Told(table_of(p), neurons=torch.stack(waves, 1), W_L=torch.zeros(8, p).double(), direct=torch.zeros(p * p, p).double())
        found = measured_with(ActivationMap(site="neurons", keys=tuple(range(1, 9))), snapshot)
        assert sorted(set(found.table["frequency"])) == [1, 2, 3, 4, 5, 6]
        assert len(found.figure().data) == 6

    def test_the_head_that_varies_most_is_shown_alone_as_large_as_its_figure_is_wide(self) -> None:
        amplitudes = (0.1, 0.4, 0.2)
        result = measured_with(ActivationMap(), attending(*(0.5 + each * cosine(2, A) for each in amplitudes)))
        figure = result.measure.closeup(result.table)
        assert figure.layout.title.text == "Head 1: attention to a"
        assert np.ptp(figure.data[0].z) == pytest.approx(2 * 0.4, abs=0.05)
        margin = figure.layout.margin
        assert figure.layout.height - margin.t - margin.b <= figure.layout.width - margin.l - margin.r
