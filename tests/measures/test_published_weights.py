"""Measures of weights and answers on published networks, imported as a user would."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Outcome
from mechgrok.runs.importing.import_run import Said, import_file
from mechgrok.runs.run import open_run

MEASURES = ["fourier-density", "parameter-norms", "label-probability", "offset-errors", "margin", "spectral-concentration"]

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.fixture(scope="module")
def nanda(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    out = tmp_path_factory.mktemp("nanda") / "R"
    import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", out, Said(fraction=0.3, split="python-shuffle", split_seed=1))
    return analyze(open_run(out), MEASURES, nulls=0)


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth, p = 113, split of seed 1."""

    def test_density_and_ratio(self, nanda) -> None:
        expected = {"W_E_density": 0.0714286, "W_L_density": 0.0625, "W_E_ratio": 0.8995319, "W_L_ratio": 0.7103486}
        assert nanda["fourier-density"].headline == pytest.approx(expected, abs=1e-6)

    def test_norms_are_roots_of_the_published_sums_of_squares(self, nanda) -> None:
        squares = {"embed.W_E": 181.67246, "blocks.0.mlp.b_in": 0.14450, "unembed.W_U": 44.84354}
        total = 181.67246 + 2.95119 + 17.99980 + 112.90799 + 215.22312 + 148.11302 + 220.50864 + 0.14450 + 191.74641 + 0.01630 + 44.84354
        rows = nanda["parameter-norms"].table.set_index("parameter")
        assert {name: rows["l2"][name] ** 2 for name in squares} == pytest.approx(squares, abs=1e-5)
        assert nanda["parameter-norms"].headline["total_l2"] == pytest.approx(math.sqrt(total), rel=1e-7)
        assert rows["rms"]["embed.W_E"] == pytest.approx(math.sqrt(181.67246 / (114 * 128)), rel=1e-7)

    def test_perplexity_and_errors(self, nanda) -> None:
        """Losses 2.88806e-3, 3.045181e-4, 3.994994e-3; accuracy .9994518 of 12769 rows is 7 wrong ones, none of them in train."""
        found = nanda["label-probability"].headline
        losses = {"all": 2.88806e-3, "train": 3.045181e-4, "test": 3.994994e-3}
        assert {split: math.log(found[f"perplexity_{split}"]) for split in losses} == pytest.approx(losses, rel=1e-4)
        wrong = nanda["offset-errors"].headline
        assert wrong["wrong_all"] == 7 == round((1 - 0.9994518) * 12769)
        below = nanda["margin"].headline
        assert below["min_test"] < 0 < below["min_train"]

    def test_concentration(self, nanda) -> None:
        """Key similarities .113244, .249809, .588648, .223639; all squared sum to .4725197, the four to .4717491."""
        squares = [similarity**2 for similarity in (0.113244, 0.249809, 0.588648, 0.223639)]
        found = nanda["spectral-concentration"].headline
        assert 0.4717491 / 0.4725197 < found["logits_top_share"] < 1
        participation = 0.4725197**2 / sum(square**2 for square in squares)
        assert found["logits_participation"] == pytest.approx(participation, rel=1e-4)


def test_squares_make_x_and_minus_x_one(oracles: Path, tmp_path: Path) -> None:
    """oocl/ssq_109.pt, a^2 + b^2 modulo 109: mean cosine of W_E[x] with W_E[-x] .974, of random pairs -.002."""
    import_file(oracles / "oocl" / "ssq_109.pt", tmp_path / "R", Said(operation="add-squares"))
    found = analyze(open_run(tmp_path / "R"), ["embedding-symmetry"], nulls=3)["embedding-symmetry"]
    assert found.headline["mean"] == pytest.approx(0.974, abs=5e-4)
    assert found.headline["mean_control"] == pytest.approx(-0.002, abs=0.03)
    assert abs(found.null["mean"]["mean"]) < 0.05
