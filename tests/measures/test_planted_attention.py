"""Attention whose form is known, and networks whose attention is changed, against the library's hooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_runs import make_run
from planted import handmade_snapshot, measured
from planted import table as table_of
from planted_attention import Told, measured_with, random_network, run
from torch import Tensor

from mechgrok.maths.landscape import losses
from mechgrok.measures.ablations.attention_ablation import WITHOUT, AttentionAblation
from mechgrok.measures.ablations.linear_attention_loss import LinearAttentionLoss
from mechgrok.measures.neurons.activation_map import ActivationMap
from mechgrok.measures.neurons.attention_fit import AttentionFit
from mechgrok.measures.shared import edited_attention
from mechgrok.runs.run import open_run

P = 13
A, B = (torch.from_numpy(rows) for rows in np.divmod(np.arange(P * P), P))
SHAPES: list[dict[str, Any]] = [
    {},
    {"activation": "gelu", "normalization": "LN"},
    {"normalization": "LNPre"},
    {"attn_only": True},
]
DEEP: list[dict[str, Any]] = [{"layers": 2}, {"layers": 3, "normalization": "LN", "attn_only": True}]


def cosine(k: int, numbers: Tensor) -> Tensor:
    return torch.cos(2 * torch.pi * (k * numbers % P).double() / P)


def sine(k: int, numbers: Tensor) -> Tensor:
    return torch.sin(2 * torch.pi * (k * numbers % P).double() / P)


def difference(k: int) -> Tensor:
    return cosine(k, A) - cosine(k, B)


def attending(*to_a: Tensor, elsewhere: float = 0.1) -> Told:
    """Heads with this attention to a, `elsewhere` to '=' and the rest to b."""
    heads = [torch.stack([head, 1 - elsewhere - head, torch.full_like(head, elsewhere)], 1) for head in to_a]
    return Told(table_of(P), attention=torch.stack(heads, 1))


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
        assert "varies" in measured(AttentionFit(), attending(even)).missing["mean_fve"]


class TestLinearLoss:
    @pytest.mark.parametrize("options", SHAPES)
    def test_it_is_that_of_the_librarys_network_with_fitted_patterns(
        self, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The fits by a design matrix, the '=' keeps its attention and b gets what is left; the rows are computed in several parts."""
        monkeypatch.setattr(edited_attention, "AT_ONCE", 50)
        snapshot, model = random_network(11, train=np.arange(121) % 3 == 0, **options)
        a, b = np.divmod(np.arange(121), 11)

        def replace(pattern: Tensor, hook: Any) -> Tensor:
            for head in range(2):
                to_a = pattern[:, head, -1, 0].numpy()
                fitted = torch.from_numpy(best_fit(to_a, a, b))
                pattern[:, head, -1, 1] = 1 - fitted - pattern[:, head, -1, 2]
                pattern[:, head, -1, 0] = fitted
            return pattern

        per_row = losses.per_example(run(model, snapshot.grid, "attn.hook_pattern", replace), snapshot.grid.labels)
        found = measured_with(LinearAttentionLoss(), snapshot).headline
        for split, mask in snapshot.grid.subsets.items():
            assert found[f"linear_{split}"] == pytest.approx(per_row[mask].mean().item(), rel=1e-9)
            assert found[f"unablated_{split}"] == pytest.approx(snapshot.losses[mask].mean().item(), rel=1e-12)
        assert found["linear_all"] != pytest.approx(found["unablated_all"], rel=1e-5)

    def test_even_attention_is_its_own_fit(self) -> None:
        found = measured_with(LinearAttentionLoss(), handmade_snapshot(7, {1: 5.0, 3: 5.0})).headline
        assert found["linear_all"] == pytest.approx(found["unablated_all"], rel=1e-9)

    def test_a_deeper_network_is_refused_in_words(self, tmp_path: Path) -> None:
        folder = make_run(tmp_path / "run")
        config = json.loads((folder / "config.json").read_text())
        config["model"]["layers"] = 2
        (folder / "config.json").write_text(json.dumps(config))
        assert "2 layers" in (LinearAttentionLoss().obstacle(open_run(folder)) or "")


def best_fit(to_a: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The fit of the best frequency modulo 11 by brute force."""
    fits = []
    for k in range(1, 6):
        x, y = (2 * np.pi * k * numbers / 11 for numbers in (a, b))
        design = np.stack([np.ones(121), np.cos(x) - np.cos(y), np.sin(x) - np.sin(y)], 1)
        fits.append(design @ np.linalg.lstsq(design, to_a)[0])
    return min(fits, key=lambda fitted: ((to_a - fitted) ** 2).sum())


class TestAblation:
    @pytest.mark.parametrize("options", SHAPES + DEEP)
    def test_it_is_that_of_the_librarys_network_with_a_score_of_minus_infinity(self, options: dict[str, Any]) -> None:
        snapshot, model = random_network(9, train=np.arange(81) % 4 == 0, **options)

        def ablate(scores: Tensor, hook: Any) -> Tensor:
            scores[:, :, -1, -1] = -torch.inf
            return scores

        logits = run(model, snapshot.grid, "attn.hook_attn_scores", ablate)
        assert torch.allclose(
            edited_attention.logits(snapshot, lambda scores, rows: scores.softmax(-1)), snapshot.logits, rtol=1e-10, atol=1e-10
        )
        per_row, right = losses.per_example(logits, snapshot.grid.labels), logits.argmax(1) == snapshot.grid.labels
        found = measured(AttentionAblation(), snapshot)
        for split, mask in snapshot.grid.subsets.items():
            assert found.headline[split] == pytest.approx(per_row[mask].mean().item(), rel=1e-9)
            assert found.headline[f"unablated_{split}"] == pytest.approx(snapshot.losses[mask].mean().item(), rel=1e-12)
            assert found.headline[f"accuracy_{split}"] == pytest.approx(right[mask].double().mean().item(), abs=1e-12)
        assert found.headline["all"] != pytest.approx(found.headline["unablated_all"], rel=1e-3)

    def test_even_attention_in_closed_form(self) -> None:
        """The head brought 3 (a + b) / 3 to '=' and brings 3 (a + b) / 2; the neurons interpolate the logits between whole numbers."""
        p, amplitudes = 7, {1: 9.0, 3: 4.0}
        snapshot = handmade_snapshot(p, amplitudes)
        a, b = np.divmod(np.arange(p * p), p)
        c, at = np.arange(p), np.arange(2 * p - 1)
        known = sum(A * np.cos(2 * np.pi * k * (at[:, None] - c) / p) for k, A in amplitudes.items())
        below, slope = known[-2:], known[-1] - known[-2]
        place = 1.5 * (a + b)
        logits = np.stack([np.interp(place, at, known[:, column]) for column in c], 1)
        beyond = place > at[-1]
        logits[beyond] = below[1] + (place[beyond, None] - at[-1]) * slope
        per_row = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1)) + logits.max(1) - logits[np.arange(p * p), (a + b) % p]
        found = measured(AttentionAblation(), snapshot)
        assert found.headline["all"] == pytest.approx(per_row.mean(), rel=1e-9)
        assert found.headline["accuracy_all"] == pytest.approx((logits.argmax(1) == (a + b) % p).mean(), abs=1e-12)
        assert found.table["variant"].tolist() == ["unablated", WITHOUT]


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
