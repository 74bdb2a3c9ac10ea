"""logit-cosines on planted networks, against published numbers."""

from __future__ import annotations

import math

import pytest
import torch
from by_hand import some_train
from planted import Planted, architecture, cosine_logits, handmade, handmade_snapshot, measured, table
from published import each, share

from mechgrok.engine.analyze import analyze
from mechgrok.maths.harmonic import cosines
from mechgrok.maths.landscape import losses
from mechgrok.measures.logits.logit_cosines import LogitCosines
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

    def test_similarities_in_closed_form(self, snapshot: Snapshot, p: int) -> None:
        """Energies are A^2 / 2, and A^2 for k = p / 2."""
        energies = {k: A**2 / (1 if 2 * k == p else 2) for k, A in AMPLITUDES.items()}
        found = measured(LogitCosines(), snapshot).headline
        total = sum(energies.values())
        assert found["similarity"] == {str(k): pytest.approx(math.sqrt(energy / total), abs=1e-9) for k, energy in energies.items()}
        assert found["explained"] == pytest.approx(1, abs=1e-9)
        assert measured(LogitCosines(keys=(5,)), snapshot).headline["explained_key"] == pytest.approx(energies[5] / total, abs=1e-9)


class TestMeanCorrection:
    """Trap 4: a bias m_c on the logits. Restricted loss puts it back, excluded loss leaves it in, neither other variant knows of it."""

    p = 13
    bias = torch.linspace(-2, 3, 13, dtype=torch.float64)

    @pytest.fixture(scope="class")
    def snapshot(self) -> Planted:
        grid = table(self.p)
        return Planted(grid, cosine_logits(grid, AMPLITUDES) + self.bias)

    def test_similarity_is_to_logits_centred_over_c(self, snapshot: Planted) -> None:
        """Trap 5: the bias counts as unexplained, a constant of each row does not. Centred over rows the bias would vanish."""
        planted = sum(A**2 / 2 for A in AMPLITUDES.values())
        expected = planted / (planted + self.bias.var(correction=0).item())
        assert measured(LogitCosines(), snapshot).headline["explained"] == pytest.approx(expected, rel=1e-12)
        offsets = torch.linspace(-50, 90, self.p**2, dtype=torch.float64)[:, None]
        moved = Planted(snapshot.grid, snapshot.logits + offsets)
        assert measured(LogitCosines(), moved).headline["explained"] == pytest.approx(expected, rel=1e-9)
        assert expected < 0.97


def test_an_always_right_lookup_without_cosines_is_told_from_a_circuit() -> None:
    """Right answers alone, 10 at the label and 0 elsewhere, are all frequencies at once: 10 / p each way, none stands out."""
    p = 13
    weights = handmade(p, lambda S, c: 10.0 * (S % p == c))
    found = measured(LogitCosines(), Snapshot(table(p), architecture(p, p + 1, 2 * p - 1), weights, 0))
    assert found.table["similarity"].tolist() == pytest.approx([math.sqrt(1 / 6)] * 6, abs=1e-9)
    assert found.headline["explained"] == pytest.approx(1, abs=1e-9)


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_logit_cosines(self, nanda) -> None:
        found = nanda["logit-cosines"].headline
        assert found["similarity"] == each({"3": 0.113244, "6": 0.249809, "23": 0.588648, "39": 0.223639}, share)
        assert (found["explained"], found["explained_key"]) == (share(0.4725197), share(0.4717491))

    def test_relabelled_networks_have_none_of_it(self, nanda_run: Run) -> None:
        """Norms stay; a network that is right in 99.9 % of cases then guesses, and its cosines explain about nothing."""
        nanda = analyze(nanda_run, ["weight-norms", "loss", "logit-cosines"], nulls=2)
        assert nanda["weight-norms"].null["total"]["z"] is None
        assert nanda["loss"].null["accuracy_all"]["mean"] < 0.05
        assert nanda["logit-cosines"].null["explained"]["mean"] < 0.01
        assert nanda["logit-cosines"].null["explained"]["z"] > 10


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_every_similarity_is_the_authors(self, chughtai, authors) -> None:
        found = chughtai["logit-cosines"].table.set_index("frequency")["similarity"]
        assert found.to_dict() == {k: share(authors[f"logit_freq_{k}_rep_trace_similarity"]) for k in range(1, 57)}
        headline = chughtai["logit-cosines"].headline
        assert (headline["explained"], headline["explained_key"]) == (share(0.9685424), share(0.9685412))
        assert headline["explained"] == share(authors["percent_logits_explained"])


def test_wrong_variants_would_be_seen(chughtai_run: Run) -> None:
    """Each wrong reading of the definitions misses the published number by far more than the tolerance."""
    snapshot = chughtai_run.snapshot()
    logits = snapshot.logits
    coefficients = cosines.cube_coefficients(snapshot.phase_sums, snapshot.grid.counts)
    centred_over_c = (logits - logits.mean(1, keepdim=True)).norm()
    for norm in (logits.norm(), (logits - logits.mean()).norm()):
        assert (coefficients.square().sum() / norm**2).item() != pytest.approx(0.9685424, abs=5e-5), (
            "trap 5: raw, or centred over everything"
        )
    assert (coefficients.square().sum() / centred_over_c**2).item() == share(0.9685424)
    without_last = (coefficients[:-1].square().sum() / centred_over_c**2).item()
    assert without_last < 0.9, "trap 2: k = p // 2 skipped"
    kept = cosines.phase_part(snapshot.phase_sums, snapshot.grid.counts, [16, 30, 56])
    mean = (logits - kept[snapshot.grid.phase]).mean(0)
    corrected = losses.per_example(logits - kept[snapshot.grid.phase] - mean, snapshot.grid.labels).mean().item()
    assert corrected != pytest.approx(9.347174, rel=1e-2), "trap 4: excluded loss with the mean taken out"
    single = torch.nn.functional.cross_entropy(logits.float(), snapshot.grid.labels).item()
    assert single != pytest.approx(1.5851601e-7, rel=1e-4), "trap 1: a float32 log-softmax"
