"""Ablations and decompositions of published weights, against what their authors and independent computations give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Outcome
from mechgrok.maths.harmonic import cosines, exclusion
from mechgrok.runs.importing.import_run import Said, import_file
from mechgrok.runs.run import Run, open_run

MEASURES = ["frequency-ablation", "logit-fve", "loss-decomposition", "fourier-families(controls=1)", "excluded-loss", "loss"]

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.fixture(scope="module")
def nanda(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    out = tmp_path_factory.mktemp("nanda") / "R"
    import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", out, Said(fraction=0.3, split="python-shuffle", split_seed=1))
    return analyze(open_run(out), MEASURES, nulls=0)


@pytest.fixture(scope="module")
def chughtai_run(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("chughtai") / "R"
    said = Said(fraction=0.3, split="torch-randperm", split_seed=1)
    import_file(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt", out, said)
    return open_run(out)


@pytest.fixture(scope="module")
def chughtai(chughtai_run: Run) -> Mapping[str, Outcome]:
    return analyze(chughtai_run, MEASURES, nulls=0)


class TestLowPrecision:
    def test_shares_of_logit_energy(self, nanda) -> None:
        share = nanda["loss-decomposition"].table.query("frequency > 0").set_index("frequency")["share"]
        expected = {23: 0.718288, 6: 0.112112, 39: 0.074662, 3: 0.047413}
        assert {k: share[k] for k in expected} == pytest.approx(expected, abs=1e-6)

    def test_explained_by_cosines(self, nanda) -> None:
        found = nanda["logit-fve"].headline
        assert (found["key_over_c"], found["all_over_c"]) == (pytest.approx(0.4717491, abs=1e-6), pytest.approx(0.4725197, abs=1e-6))

    def test_the_centring_decides(self, nanda) -> None:
        """Trap 5, as it is told of another checkpoint: most of it over c, less globally, a negative share raw."""
        found = nanda["logit-fve"].headline
        assert found["key_raw"] < 0 < found["key_global"] < 0.75 * found["key_over_c"]

    def test_frequencies_removed_from_the_logits(self, nanda) -> None:
        rows = nanda["frequency-ablation"].table.set_index(["removed", "frequency", "split"])["loss"]
        assert rows["all keys", 0, "all"] == pytest.approx(18.72137, rel=1e-4)
        assert rows["all keys", 0, "train"] == pytest.approx(18.4849542, rel=1e-4)
        single = {3: 0.3537767, 6: 1.0588978, 23: 8.1494801, 39: 0.9394347}
        assert {k: rows["one key", k, "train"] for k in single} == pytest.approx(single, rel=1e-4)

    def test_random_frequencies_do_nothing_of_the_kind(self, nanda) -> None:
        found = nanda["frequency-ablation"].headline
        assert found["null_max"] < 1e-3 * found["effect_all_keys"]
        assert found["effect_all_non_keys"] < 0.1

    def test_one_key_frequency_at_a_time(self, nanda) -> None:
        rows = nanda["excluded-loss"].table.query("split == 'train' and variant == '2-D' and frequency > 0").set_index("frequency")
        assert list(rows.index) == list(range(1, 57))
        assert rows.index[rows["key"]].tolist() == [3, 6, 23, 39]
        assert rows.loc[~rows["key"], "loss"].max() < 0.1 < 0.3537 < rows.loc[rows["key"], "loss"].min()


class TestC113:
    """The split is in no file of the authors'; with `torch.manual_seed(1); torch.randperm` and .3 their train and test losses come out."""

    @pytest.fixture(scope="class")
    def authors(self, oracles: Path) -> Mapping[str, float]:
        return json.loads((oracles / "chughtai2023" / "C113_T_seed1" / "summary_metrics.json").read_text())

    def test_the_split(self, chughtai, authors) -> None:
        found = chughtai["loss"].headline
        expected = {split: pytest.approx(authors[f"{split}_loss"], rel=1e-6) for split in ("all", "train", "test")}
        assert {split: found[split] for split in expected} == expected

    def test_every_excluded_loss_of_the_authors(self, chughtai_run: Run, authors) -> None:
        """Theirs are over train rows, in cube form: 56 frequencies in one product, and all three keys together."""
        snapshot = chughtai_run.snapshot()
        grid, sums = snapshot.grid, snapshot.phase_sums
        removed = [*([k] for k in range(1, 57)), [16, 30, 56]]
        cubes = torch.stack([cosines.cube_part(sums, grid.counts, keys) for keys in removed], dim=1)
        train = grid.subsets["train"][None]
        found = exclusion.mean_losses(snapshot.logits, grid.phase, grid.labels, lambda phases: cubes[phases], train)[0].tolist()
        expected = [*(authors[f"logit_excluded_loss_freq_{k}_rep"] for k in range(1, 57)), authors["total_logit_excluded_loss"]]
        assert found == pytest.approx(expected, rel=1e-5)

    def test_excluded_loss_as_a_measure(self, chughtai, authors) -> None:
        rows = chughtai["excluded-loss"].table.set_index(["variant", "frequency", "split"])["loss"]
        assert rows["cube", 0, "train"] == pytest.approx(authors["total_logit_excluded_loss"], rel=1e-5)

    def test_explained_by_cosines(self, chughtai) -> None:
        found = chughtai["logit-fve"].headline
        assert (found["key_over_c"], found["all_over_c"]) == (pytest.approx(0.9685412, abs=1e-6), pytest.approx(0.9685424, abs=1e-6))

    def test_frequencies_removed_from_the_logits(self, chughtai) -> None:
        rows = chughtai["frequency-ablation"].table.set_index(["removed", "frequency", "split"])["loss"]
        assert rows["all keys", 0, "all"] == pytest.approx(9.347174, rel=1e-4)

    def test_parts_of_the_logits_as_in_the_polynomial_paper(self, chughtai) -> None:
        """Table A.4, of another network: key 4.985e-8, (a) 4.576, (b) 5.385, (c) 4.989e-8, (d) 1.015e-7, (e) 5.383."""
        found = chughtai["loss-decomposition"].headline
        assert {16, 30, 56} < set(found["frequencies"])
        assert 2e-8 < found["key"] < 1e-7
        assert found["key_and_non_key"] == pytest.approx(found["key"], rel=0.05)
        assert found["key_and_residual"] == pytest.approx(found["everything"], rel=0.05)
        assert found["everything"] == pytest.approx(8.859246e-8, rel=1e-4)
        assert all(4.5 < found[name] < 12 for name in ("non_key", "residual", "non_key_and_residual"))


@pytest.mark.parametrize("weights", ["nanda", "chughtai"])
def test_families_and_parts_agree(weights: str, request: pytest.FixtureRequest) -> None:
    """All functions of a + b are the key and the non-key part; without them there is the residual."""
    outcomes = request.getfixturevalue(weights)
    families, rows = outcomes["fourier-families(controls=1)"].headline, outcomes["loss-decomposition"].table
    parts = rows[rows["split"] == "all"].set_index("kept")["loss"]
    assert families["sum_with_constant"] == pytest.approx(parts["key + non-key"], rel=1e-8)
    assert families["sum_without"] == pytest.approx(parts["residual"], rel=1e-8)
    assert families["sum_relocated"] > 10
    assert families["sum_randomised"] > 10
    assert families["difference_without"] < 0.01
