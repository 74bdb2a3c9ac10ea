"""linear-attention-loss on planted networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_runs import make_run
from planted import handmade_snapshot
from planted_attention import SHAPES, measured_with, random_network, run
from torch import Tensor

from mechgrok.maths.landscape import losses
from mechgrok.measures.ablations.linear_attention_loss import LinearAttentionLoss
from mechgrok.measures.shared import edited_attention
from mechgrok.runs.run import open_run


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
