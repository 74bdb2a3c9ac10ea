"""attention-ablation on planted networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from planted import handmade_snapshot, measured
from planted_attention import DEEP, SHAPES, random_network, run
from torch import Tensor

from mechgrok.maths.landscape import losses
from mechgrok.measures.ablations.attention_ablation import WITHOUT, AttentionAblation
from mechgrok.measures.shared import edited_attention


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
