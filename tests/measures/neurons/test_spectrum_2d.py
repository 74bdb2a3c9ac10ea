"""spectrum-2d on planted networks, against published numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted import Planted, cosine_logits, measured, table
from planted_attention import Told
from planted_pairs import cosine, operands

from mechgrok.measures.neurons.spectrum_2d import Spectrum2D


def rows(found, **at: object):
    return found.table[(found.table[list(at)] == list(at.values())).all(1)]


class TestLogits:
    @pytest.mark.parametrize("p", [12, 13])
    def test_shares_of_planted_cosines(self, p: int) -> None:
        """Energies are A^2 / 2, and A^2 for k = p / 2. What is the same for all c is centred away, a bias is the constant component."""
        amplitudes = {2: 8.0, 5: 6.0, 6: 4.0}
        energies = {k: A**2 / (1 if 2 * k == p else 2) for k, A in amplitudes.items()}
        a, b = operands(p)
        clutter = 90 * cosine(p, 1, a) * cosine(p, 3, b)
        logits = cosine_logits(table(p), amplitudes) + clutter[:, None] + torch.linspace(-40, 7, p, dtype=torch.float64)
        found = measured(Spectrum2D(), Planted(table(p), logits))
        expected = {str(k): pytest.approx(energy / sum(energies.values()), abs=1e-12) for k, energy in energies.items()}
        kept = {2, 5, 6} & {int(k) for k in found.headline["sum_by_frequency"]}
        assert found.headline["sum_by_frequency"] == {str(k): expected[str(k)] for k in kept}
        by_hand = measured(Spectrum2D(keys=(2, 5, 6)), Planted(table(p), logits)).headline
        assert by_hand["sum_by_frequency"] == expected
        assert by_hand["sum_key"] == pytest.approx(1, abs=1e-12)
        assert by_hand["significant"] == (9 if p == 12 else 12)
        assert rows(found, frequency_a=0, frequency_b=0)["share"].isna().all()
        assert found.table["share"].sum() == pytest.approx(1, abs=1e-12)

    def test_a_cosine_of_the_sum_is_half_a_product_of_cosines_and_half_one_of_sines(self) -> None:
        found = measured(Spectrum2D(keys=(3,)), Planted(table(13), cosine_logits(table(13), {3: 2.0})))
        of_three = rows(found, frequency_a=3, frequency_b=3)
        assert of_three["share"].tolist() == pytest.approx([0.25] * 4, abs=1e-12)
        turned = of_three.set_index(["part_a", "part_b"])["turned"]
        assert turned.to_dict() == {
            ("cos", "cos"): pytest.approx(0.5, abs=1e-12),
            ("sin", "cos"): pytest.approx(0.5, abs=1e-12),
            ("cos", "sin"): pytest.approx(0, abs=1e-12),
            ("sin", "sin"): pytest.approx(0, abs=1e-12),
        }
        assert rows(found, frequency_a=3, frequency_b=2)["turned"].isna().all()
        assert rows(found, frequency_a=0, frequency_b=0)["turned"].isna().all()

    def test_subtraction_is_a_difference(self) -> None:
        found = measured(Spectrum2D(keys=(3,)), Planted(table(13, "subtract"), cosine_logits(table(13, "subtract"), {3: 2.0}))).headline
        assert (found["sum_key"], found["difference_key"]) == (pytest.approx(0, abs=1e-12), pytest.approx(1, abs=1e-12))

    @pytest.mark.parametrize(("small", "significant"), [(0.21, 8), (0.19, 4)])
    def test_significant_is_a_share_of_the_largest_that_is_not_constant(self, small: float, significant: int) -> None:
        bias = torch.linspace(-900, 900, 13, dtype=torch.float64)
        logits = cosine_logits(table(13), {2: 1.0, 5: small}) + bias
        assert measured(Spectrum2D(keys=(2,)), Planted(table(13), logits)).headline["significant"] == significant
        assert measured(Spectrum2D(keys=(2,), threshold=0.5), Planted(table(13), logits)).headline["significant"] == 4

    def test_logits_that_do_not_vary_have_no_spectrum(self) -> None:
        bias = torch.linspace(-900, 900, 13, dtype=torch.float64).expand(169, 13).contiguous()
        found = measured(Spectrum2D(), Planted(table(13), bias))
        assert "are constant over the table" in found.missing["significant"]
        assert found.figure().data


class TestOtherSites:
    def test_neurons_are_not_centred_over_neurons(self) -> None:
        """Two neurons 2 + 3 cos w_4 a: with their mean over neurons gone nothing would be left."""
        a, _ = operands(13)
        wave = 2 + 3 * cosine(13, 4, a)
        neurons = torch.stack([wave, wave], 1)
        snapshot = Told(table(13), neurons=neurons, W_L=torch.zeros(2, 13).double(), direct=torch.zeros(169, 13).double())
        found = measured(Spectrum2D(site="neurons", keys=(4,)), snapshot)
        top = rows(found, frequency_a=4, part_a="cos", frequency_b=0)
        assert top["share"].tolist() == [pytest.approx(1, abs=1e-12)]
        assert top["norm"].tolist() == [pytest.approx(neurons.norm().item() * 3 / np.sqrt(2 * 8.5), rel=1e-12)]
        assert found.headline["significant"] == 1
        field = found.figure().data[0]
        assert list(field.x) == list(field.y) == [0, *(k + side for k in range(1, 7) for side in (-0.25, 0.25))]
        assert [(place[0].item(), place[1].item()) for place in np.argwhere(np.asarray(field.z) > -3)] == [(7, 0)]
        assert np.asarray(field.z)[7, 0] == pytest.approx(0, abs=1e-12), "the largest, in place 2 * 4 - 1 of a; all else is faint"

    def test_attention_has_a_spectrum_for_every_head(self) -> None:
        a, b = operands(13)
        heads = [0.4 + 0.1 * cosine(13, 2, a), 0.4 + 0.1 * cosine(13, 2, a + b)]
        attention = torch.stack([torch.stack([head, 0.9 - head, 0.1 + 0 * head], 1) for head in heads], 1)
        found = measured(Spectrum2D(site="attention", keys=(2,)), Told(table(13), attention=attention))
        assert rows(found, head=0, frequency_a=2, part_a="cos", frequency_b=0)["share"].tolist() == [pytest.approx(1, abs=1e-12)]
        of_head = rows(found, head=0, frequency_a=2, part_a="cos", frequency_b=0)["norm"]
        assert of_head.tolist() == [pytest.approx(0.1 * 13 / np.sqrt(2), rel=1e-12)]
        assert rows(found, head=1, frequency_a=2, frequency_b=2)["share"].sum() == pytest.approx(1, abs=1e-12)
        assert found.headline["sum_by_frequency"] == {"2": pytest.approx(0.5, abs=1e-12)}
        assert found.headline["significant"] == 1 + 2


def test_shares_of_the_logits_on_functions_of_the_sum(nanda) -> None:
    """Of the products of equal frequency as a whole, 23 would have .7262 and not .7183."""
    expected = {"23": 0.718288, "6": 0.112112, "39": 0.074662, "3": 0.047413}
    found = nanda["spectrum-2d"]
    assert found.headline["sum_by_frequency"] == {k: pytest.approx(share, abs=1e-6) for k, share in expected.items()}
    table = found.table
    product = table[(table["frequency_a"] == 23) & (table["frequency_b"] == 23)]["share"].sum()
    assert product == pytest.approx(0.7262, abs=1e-4)


def test_four_components_of_every_key_frequency_stand_out(nanda, chughtai) -> None:
    """As in the paper: 20 for five key frequencies."""
    assert (nanda["spectrum-2d"].headline["significant"], chughtai["spectrum-2d"].headline["significant"]) == (16, 12)
