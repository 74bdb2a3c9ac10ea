"""representation-quality on lines, circles and noise, beside a loop over all quadruples."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from planted import architecture, measured, table
from torch import Tensor
from waves import circle

from mechgrok.measures.frequencies.representation_quality import RepresentationQuality
from mechgrok.runs.snapshot import Snapshot


def embedded(numbers: Tensor) -> Snapshot:
    """Numbers at these places (p, d) about a far mean; '=' elsewhere."""
    W_E = torch.cat([numbers + 50, torch.full((1, numbers.shape[1]), -1e4, dtype=torch.float64)])
    return Snapshot(table(len(numbers)), architecture(len(numbers), W_E.shape[1]), {"embed.W_E": W_E}, 0)


def shares_by_loop(numbers: Tensor, distances: list[float], modulus: int | None) -> tuple[int, list[float]]:
    """Over all quadruples i <= j, m <= n, the second pair later than the first, by the definition."""
    centred = numbers - numbers.mean(0)
    E = centred / centred.square().sum(1).mean().sqrt()
    pairs = list(itertools.combinations_with_replacement(range(len(E)), 2))
    same = [
        float((E[i] + E[j] - E[m] - E[n]).norm())
        for (i, j), (m, n) in itertools.combinations(pairs, 2)
        if ((i + j - m - n) % modulus == 0 if modulus else i + j == m + n)
    ]
    return len(same), [sum(each < limit for each in same) / len(same) for limit in distances]


@pytest.mark.parametrize(("sums", "modulus"), [("modular", 8), ("integers", None)])
def test_it_agrees_with_a_loop_over_all_quadruples(sums: str, modulus: int | None) -> None:
    numbers = torch.randn(8, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = measured(RepresentationQuality(delta=0.3, sums=sums), embedded(numbers)).table  # type: ignore[arg-type]
    quadruples, shares = shares_by_loop(numbers, found["distance"].tolist(), modulus)
    assert set(found["quadruples"]) == {quadruples}
    assert found["share"].tolist() == pytest.approx(shares, abs=1e-12)
    assert 0 < shares[0] < shares[-1]


def test_a_line_has_all_parallelograms_of_integers() -> None:
    """And of equal sums modulo p those between pairs of one integer sum: pairs with sum s and with s + p are p steps apart."""
    line = torch.arange(11, dtype=torch.float64)[:, None] * torch.tensor([[3.0, -2.0]], dtype=torch.float64)
    assert measured(RepresentationQuality(sums="integers"), embedded(line)).headline["rqi"] == 1
    pairs = [min(s, 20 - s) // 2 + 1 for s in range(21)]
    together = sum(math.comb(n, 2) for n in pairs)
    among = sum(math.comb(pairs[s] + (pairs[s + 11] if s < 10 else 0), 2) for s in range(11))
    found = measured(RepresentationQuality(), embedded(line)).headline
    assert found == {"rqi": pytest.approx(together / among), "quadruples": among}


def test_a_circle_has_those_whose_chords_are_equally_long() -> None:
    """E_i + E_j = 2 cos(w t) E_h with i = h + t, j = h - t: the quadruples of one sum differ by |cos w t - cos w u|."""
    p, k, delta = 31, 4, 0.1
    lengths = [2 * math.cos(2 * math.pi * k * t / p) for t in range((p + 1) // 2)]
    close = sum(abs(x - y) < delta for x, y in itertools.combinations(lengths, 2))
    found = measured(RepresentationQuality(delta=delta), embedded(circle(p, k, 7.0))).headline
    assert found["rqi"] == pytest.approx(close / math.comb(len(lengths), 2), abs=1e-12)
    assert measured(RepresentationQuality(delta=1e-6), embedded(circle(p, k, 7.0))).headline["rqi"] == 0


def test_scale_place_and_rotation_do_not_count() -> None:
    numbers = torch.randn(13, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    turned = numbers @ torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64) * 9 + 4
    first, second = (measured(RepresentationQuality(delta=0.2), embedded(each)).table["share"].tolist() for each in (numbers, turned))
    assert first == second


def test_a_constant_embedding_has_none() -> None:
    result = measured(RepresentationQuality(), embedded(torch.ones(5, 2, dtype=torch.float64)))
    assert result.missing["rqi"] == "the embedding is constant over the tokens"
