"""attention-fit on planted networks."""

from __future__ import annotations

import pytest
import torch
from planted import measured
from planted_attention import A, B, P, attending, cosine, difference, random_network, sine
from torch import Tensor

from mechgrok.measures.neurons.attention_fit import AttentionFit


class TestFit:
    def test_a_head_of_that_form(self) -> None:
        head = 0.45 + 0.12 * difference(5) - 0.07 * (sine(5, A) - sine(5, B))
        found = measured(AttentionFit(), attending(head, elsewhere=0.03))
        expected = {"head": 0, "frequency": 5, "constant": 0.45, "alpha": 0.12, "beta": -0.07, "fve": 1, "elsewhere": 0.03, "step": 0}
        assert found.table.iloc[0].to_dict() == {name: pytest.approx(value, abs=1e-12) for name, value in expected.items()}
        assert found.headline["elsewhere"] == pytest.approx(0.03, abs=1e-12)

    @pytest.mark.parametrize(
        ("head", "frequency", "fve"),
        [
            (0.5 + 0.1 * difference(2) + 0.2 * difference(6), 6, 0.8),
            (0.5 + 0.1 * cosine(4, A), 4, 0.5),
            (0.5 + 0.1 * (cosine(4, A) + cosine(4, B)), None, 0),
            (0.5 + 0.1 * cosine(4, A - B), None, 0),
        ],
        ids=["two frequencies", "a alone", "a sum of waves", "a wave of the difference"],
    )
    def test_what_is_not_of_that_form_is_not_explained(self, head: Tensor, frequency: int | None, fve: float) -> None:
        found = measured(AttentionFit(), attending(head)).table.iloc[0]
        assert found["fve"] == pytest.approx(fve, abs=1e-12)
        assert frequency is None or found["frequency"] == frequency

    def test_a_head_that_does_not_vary_has_no_frequency(self) -> None:
        even = torch.full((P * P,), 1 / 3, dtype=torch.float64)
        found = measured(AttentionFit(), attending(even, 0.5 + 0.1 * difference(3)))
        assert found.headline["frequency"] == {"0": 0, "1": 3}
        assert found.headline["fve"] == {"0": None, "1": pytest.approx(1, abs=1e-12)}
        assert "undefined" in measured(AttentionFit(), attending(even)).missing["mean_fve"]

    def test_constant_attention_is_not_negative_elsewhere(self) -> None:
        """With attention coefficient 0 each of the three positions has attention 1, whatever the scores are."""
        snapshot, _ = random_network(P, attention_coefficient=0.0)
        found = measured(AttentionFit(), snapshot)
        assert found.table["elsewhere"].tolist() == [1, 1]
        assert found.table["fve"].isna().all()
        assert found.table["frequency"].tolist() == [0, 0]
        assert "undefined" in found.missing["mean_fve"]
