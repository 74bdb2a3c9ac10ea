"""neuron-logit-spectrum on planted networks, against published numbers."""

from __future__ import annotations

import pytest
from by_hand import some_train
from planted import handmade_snapshot, measured
from published import share

from mechgrok.maths.harmonic import fourier
from mechgrok.measures.frequencies.neuron_logit_spectrum import NeuronLogitSpectrum
from mechgrok.runs.run import Run
from mechgrok.runs.snapshot import Snapshot

AMPLITUDES = {2: 8.0, 5: 6.0, 6: 4.0}
"""6 is p // 2 for both moduli."""

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("p", [12, 13])
class TestHandmadeTransformer:
    """Real weights, through the forward pass: logits are exactly sum_k A_k cos w_k (a + b - c)."""

    @pytest.fixture
    def snapshot(self, p: int) -> Snapshot:
        return handmade_snapshot(p, AMPLITUDES, some_train(p))

    def test_the_neuron_logit_map_leaves_the_constant_out(self, snapshot: Snapshot, p: int) -> None:
        """All of W_L lies on the planted frequencies; the residual of a part of them is known from the energies of cos w_k (S - c)."""
        assert measured(NeuronLogitSpectrum(), snapshot).headline["residual"] == pytest.approx(0, abs=1e-6)
        shifted = dict(snapshot.weights)
        shifted["unembed.W_U"] = shifted["unembed.W_U"] + 100
        moved = Snapshot(snapshot.grid, snapshot.architecture, shifted, 0)
        before = measured(NeuronLogitSpectrum(keys=(2,)), snapshot).headline["residual"]
        assert 0.1 < before < 0.99
        assert measured(NeuronLogitSpectrum(keys=(2,)), moved).headline["residual"] == pytest.approx(before, rel=1e-9)


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_spectra(self, nanda) -> None:
        assert nanda["neuron-logit-spectrum"].headline["residual"] == share(0.3680470)
        assert nanda["neuron-logit-spectrum"].headline["share_key"] == share(1 - 0.3680470**2)
        table = nanda["embedding-spectrum"].table
        assert table.loc[table["key"], "frequency"].tolist() == [3, 6, 23, 39]


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_every_share_of_the_neuron_logit_map_is_the_authors(self, chughtai, authors) -> None:
        power = chughtai["neuron-logit-spectrum"].table.set_index("frequency")["power"]
        expected = {k: share(authors[f"percent_unembed_freq_{k}_rep"]) for k in range(1, 57)}
        assert (power / power.sum()).to_dict() == expected | {0: share(authors["percent_unembed_trivial_rep"])}
        assert chughtai["neuron-logit-spectrum"].headline["residual"] == share(0.0704742)

    def test_the_unembedding_alone_would_be_something_else(self, chughtai_run: Run, authors) -> None:
        W_U = chughtai_run.snapshot().weights["unembed.W_U"]
        power = fourier.power(W_U.T)
        assert (power[15] / W_U.double().square().sum()).item() == pytest.approx(0.36883, abs=1e-5)
        assert authors["percent_unembed_freq_16_rep"] == pytest.approx(0.3920470, abs=1e-6)
