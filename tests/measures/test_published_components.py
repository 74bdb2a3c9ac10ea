"""Components of published networks, imported as a user would. Shares must agree to 1e-6, losses to 1e-4 relative, counts exactly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Outcome
from mechgrok.runs.importing.import_run import Said, import_file
from mechgrok.runs.run import open_run

MEASURES = ["spectrum-2d", "component-ablation", "attention-fit", "neuron-logit-components", "projection-loss"]


@pytest.fixture(scope="module")
def nanda(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """nanda2023/low_precision_mod_addition.pth."""
    out = tmp_path_factory.mktemp("nanda") / "R"
    import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", out, Said(fraction=0.3, split="python-shuffle", split_seed=1))
    return analyze(open_run(out), MEASURES, nulls=0)


@pytest.fixture(scope="module")
def chughtai(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """chughtai2023/C113_T_seed1."""
    out = tmp_path_factory.mktemp("chughtai") / "R"
    import_file(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt", out, Said())
    return analyze(open_run(out), MEASURES, nulls=0)


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


def test_the_components_of_the_phase(nanda, chughtai) -> None:
    """The restricted loss with and without the mean, and the excluded loss."""
    names = ("phase_only_with_the_constant", "phase_only", "phase_without")
    for found, expected in ((nanda, (3.64294e-3, 9.17558, 18.72137)), (chughtai, (5.568347e-8, 3.564482e-7, 9.347174))):
        headline = found["component-ablation"].headline
        assert [headline[name] for name in names] == [pytest.approx(loss, rel=1e-4) for loss in expected]
        assert headline["blocks_count"] == 8 * headline["phase_count"] / 2


def test_what_the_paper_says_of_its_network_holds_for_another(chughtai) -> None:
    """No numbers are published for this one; these are the paper's claims with room: one frequency a head, its own frequency a neuron."""
    assert chughtai["attention-fit"].headline["mean_fve"] > 0.9
    assert set(chughtai["attention-fit"].headline["frequency"].values()) <= {16, 30, 56}
    assert chughtai["neuron-logit-components"].headline["own"] > 0.95
    projection = chughtai["projection-loss"].headline
    assert projection["directions"] == 6
    assert projection["span_all"] < 1e-5 < 4.7 < projection["null_space_all"]
