"""The transformer with handmade weights: it computes what was planted, with or without a class for the equals token."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_hand import some_train
from planted import architecture, cosine_logits, handmade_snapshot, measured

from mechgrok.measures.ablations.excluded_loss import ExcludedLoss
from mechgrok.measures.ablations.restricted_loss import RestrictedLoss
from mechgrok.measures.frequencies.gini import Gini
from mechgrok.measures.frequencies.neuron_logit_spectrum import NeuronLogitSpectrum
from mechgrok.measures.grokking.loss import Loss
from mechgrok.measures.logits.logit_cosines import LogitCosines
from mechgrok.models.architecture import Architecture
from mechgrok.runs.grid import Grid
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.modular import Modular

AMPLITUDES = {2: 8.0, 5: 6.0, 6: 4.0}
"""6 is p // 2 for both moduli."""


@pytest.mark.parametrize("p", [12, 13])
class TestHandmadeTransformer:
    """Real weights, through the forward pass: logits are exactly sum_k A_k cos w_k (a + b - c)."""

    @pytest.fixture
    def snapshot(self, p: int) -> Snapshot:
        return handmade_snapshot(p, AMPLITUDES, some_train(p))

    def test_it_computes_what_was_planted(self, snapshot: Snapshot, p: int) -> None:
        assert torch.allclose(snapshot.logits, cosine_logits(snapshot.grid, AMPLITUDES), atol=1e-9)
        a, b = np.divmod(np.arange(p * p), p)
        expected = np.maximum(0, (a + b)[:, None] - np.arange(2 * p - 1) + 1)
        assert snapshot.neurons.numpy() == pytest.approx(expected, abs=1e-9)

    def test_a_class_for_the_equals_token_is_dropped(self, snapshot: Snapshot, p: int) -> None:
        weights = dict(snapshot.weights)
        weights["unembed.W_U"] = torch.cat([weights["unembed.W_U"], torch.full((p + 1, 1), 50.0, dtype=torch.float64)], 1)
        shape = Architecture(**(vars(architecture(p, p + 1, 2 * p - 1)) | {"d_vocab_out": p + 1}))
        other = Snapshot(Grid.of(Modular(p=p), some_train(p)), shape, weights, 0)
        for measure in (Loss(), RestrictedLoss(), ExcludedLoss(), LogitCosines(), NeuronLogitSpectrum(), Gini()):
            assert str(measured(measure, other).headline) == str(measured(measure, snapshot).headline)
