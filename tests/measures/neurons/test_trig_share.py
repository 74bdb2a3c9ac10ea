"""trig-share on planted networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from planted import measured, table
from waves import wave, zeros

from mechgrok.measures.neurons.trig_share import TrigShare
from mechgrok.models.architecture import Architecture
from mechgrok.runs.snapshot import Snapshot


class TestTrigShare:
    P = 11

    def snapshot(self, activation: str = "relu") -> Snapshot:
        """Uniform attention, times 3, brings cos and sin of w_2 a plus those of w_2 b to '='; neurons at several angles and biases."""
        p, angle = self.P, torch.arange(6, dtype=torch.float64)
        W_E = torch.cat([torch.stack([wave(p, 2), wave(p, 2, -math.pi / 2)], dim=1), zeros(1, 2)])
        weights = {"embed.W_E": W_E, "pos_embed.W_pos": zeros(3, 2), "blocks.0.mlp.b_in": 0.3 * angle - 0.5}
        weights |= {f"blocks.0.attn.W_{letter}": zeros(1, 2, 2) for letter in "QK"}
        weights |= {"blocks.0.attn.W_V": torch.eye(2, dtype=torch.float64)[None], "blocks.0.attn.W_O": 3 * torch.eye(2).double()[None]}
        weights |= {"blocks.0.mlp.W_in": torch.stack([torch.cos(angle), torch.sin(angle)]), "blocks.0.mlp.W_out": zeros(6, 2)}
        weights |= {"blocks.0.mlp.b_out": zeros(2), "unembed.W_U": zeros(2, p)}
        return Snapshot(table(p), Architecture(1, 1, 2, 2, 6, p + 1, p, 3, activation, None, False), weights, 0)  # type: ignore[arg-type]

    def by_least_squares(self, values: np.ndarray, columns: list[np.ndarray]) -> np.ndarray:
        centred, X = values - values.mean(0), np.stack(columns, axis=1)
        fitted = X @ np.linalg.lstsq(X, centred, rcond=None)[0]
        return (fitted**2).sum(0) / (centred**2).sum(0)

    def test_against_least_squares_on_waves(self) -> None:
        p = self.P
        snapshot = self.snapshot()
        a, b = np.divmod(np.arange(p * p), p)
        w, j = 2 * np.pi * 2 / p, np.arange(6)
        pre = np.cos(w * a[:, None] - j) + np.cos(w * b[:, None] - j) + 0.3 * j - 0.5
        products = [f(w * a) * g(w * b) for f in (np.cos, np.sin) for g in (np.cos, np.sin)]
        sums = [np.cos(w * (a + b)), np.sin(w * (a + b))]
        result = measured(TrigShare(), snapshot)
        post = result.table[result.table["stage"] == "post"]
        assert post["frequency"].tolist() == [2] * 6
        neurons = np.maximum(pre, 0)
        assert post["quadratic"].tolist() == pytest.approx(self.by_least_squares(neurons, products).tolist(), abs=1e-12)
        assert post["trig"].tolist() == pytest.approx(self.by_least_squares(neurons, sums).tolist(), abs=1e-12)
        assert post["quadratic"].min() > 0.005

    def test_before_the_nonlinearity_there_are_no_products(self) -> None:
        found = measured(TrigShare(), self.snapshot()).headline
        assert found["quadratic_pre"] == pytest.approx(0, abs=1e-20)
        assert found["trig_pre"] == pytest.approx(0, abs=1e-20)
        assert found["quadratic_post"] > found["trig_post"] > 0.005

    def test_squares_are_half_products(self) -> None:
        """(x + y + c)^2 of two waves, c = 0: cross term 2 x y has variance 1, x^2 and y^2 1 / 8 each; of the products half is in a + b."""
        snapshot = self.snapshot("quadratic").with_weights({"blocks.0.mlp.b_in": zeros(6)})
        found = measured(TrigShare(), snapshot).headline
        assert found["quadratic_post"] == pytest.approx(1 / 1.25, abs=1e-12)
        assert found["trig_post"] == pytest.approx(0.5 / 1.25, abs=1e-12)

    def test_the_first_frequency_is_one(self) -> None:
        waves = torch.stack([wave(self.P, 1), wave(self.P, 1, -math.pi / 2)], dim=1)
        changed = {"embed.W_E": torch.cat([waves, zeros(1, 2)]), "blocks.0.mlp.b_in": zeros(6)}
        result = measured(TrigShare(), self.snapshot("quadratic").with_weights(changed))
        assert (result.table["frequency"] == 1).all()
        assert result.headline["quadratic_post"] == pytest.approx(1 / 1.25, abs=1e-12)

    def test_neurons_without_variance_have_none(self) -> None:
        snapshot = self.snapshot().with_weights({"blocks.0.mlp.b_in": zeros(6) - 100})
        result = measured(TrigShare(), snapshot)
        assert result.headline["quadratic_post"] is None
        assert (result.table["frequency"] == 0).all()
