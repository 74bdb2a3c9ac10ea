"""The measures on published weights, imported as a user would, against what the authors and independent computations give.

Counts and sets must agree exactly, shares, similarities and Gini values to 1e-6, losses to 1e-4 relative.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Outcome
from mechgrok.maths.harmonic import cosines, fourier
from mechgrok.maths.landscape import losses
from mechgrok.runs.importing.import_run import Said, import_file
from mechgrok.runs.run import Run, open_run

THREE = "6,23,39"
"""What the rule of neuron clusters finds of {3, 6, 23, 39}."""
KEYED = ["restricted-loss", "excluded-loss", "logit-cosines", "embedding-spectrum", "neuron-logit-spectrum"]
MEASURES = [*KEYED, "loss", "gini", "weight-norms", "neuron-frequencies", "key-frequencies", "key-frequencies(rule=neuron-clusters)"]
EXTRA = [f"{name}(keys={THREE})" for name in KEYED[:3]]

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def share(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


def nats(value: float) -> Any:
    return pytest.approx(value, rel=1e-4)


def each(expected: Mapping[str, float], agrees: Any) -> dict[str, Any]:
    return {key: agrees(value) for key, value in expected.items()}


@pytest.fixture(scope="module")
def nanda(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    out = tmp_path_factory.mktemp("nanda") / "R"
    import_file(oracles / "nanda2023" / "low_precision_mod_addition.pth", out, Said(fraction=0.3, split="python-shuffle", split_seed=1))
    return analyze(open_run(out), MEASURES + EXTRA, nulls=2)


@pytest.fixture(scope="module")
def chughtai_run(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("chughtai") / "R"
    import_file(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt", out, Said())
    return open_run(out)


@pytest.fixture(scope="module")
def chughtai(chughtai_run: Run) -> Mapping[str, Outcome]:
    return analyze(chughtai_run, MEASURES, nulls=0)


@pytest.fixture(scope="module")
def authors(oracles: Path) -> Mapping[str, float]:
    return json.loads((oracles / "chughtai2023" / "C113_T_seed1" / "summary_metrics.json").read_text())


class TestLowPrecision:
    """nanda2023/low_precision_mod_addition.pth: p = 113, python-shuffle of .3 with seed 1."""

    def test_loss(self, nanda) -> None:
        found = nanda["loss"].headline
        assert {split: found[split] for split in ("all", "train", "test")} == each(
            {"all": 2.88806e-3, "train": 3.045181e-4, "test": 3.994994e-3}, nats
        )
        assert found["accuracy_all"] == share(0.9994518)
        rows = nanda["loss"].table.set_index("split")["rows"].to_dict()
        assert rows == {"all": 12769, "train": 3830, "test": 8939}

    def test_key_frequencies(self, nanda) -> None:
        assert nanda["key-frequencies"].headline["frequencies"] == [3, 6, 23, 39]
        assert nanda["key-frequencies(rule=neuron-clusters)"].headline["frequencies"] == [6, 23, 39]

    def test_logit_cosines(self, nanda) -> None:
        found = nanda["logit-cosines"].headline
        assert found["similarity"] == each({"3": 0.113244, "6": 0.249809, "23": 0.588648, "39": 0.223639}, share)
        assert (found["explained"], found["explained_key"]) == (share(0.4725197), share(0.4717491))

    def test_neurons(self, nanda) -> None:
        found = nanda["neuron-frequencies"].headline
        assert (found["specialised"], found["clusters"]) == (405, {"6": 106, "23": 194, "39": 105})

    def test_spectra(self, nanda) -> None:
        assert nanda["neuron-logit-spectrum"].headline["residual"] == share(0.3680470)
        assert nanda["neuron-logit-spectrum"].headline["share_key"] == share(1 - 0.3680470**2)
        table = nanda["embedding-spectrum"].table
        assert table.loc[table["key"], "frequency"].tolist() == [3, 6, 23, 39]

    def test_gini(self, nanda) -> None:
        expected = {"W_E_norms": 0.5856943, "W_E_powers": 0.9053678, "W_L_norms": 0.5706831, "W_L_powers": 0.8878942}
        assert nanda["gini"].headline == each(expected, share)

    def test_restricted_loss(self, nanda) -> None:
        assert nanda["restricted-loss"].headline == each(
            {"all": 3.64294e-3, "train": 3.542786e-3, "test": 3.685850e-3, "all_uncorrected": 9.17558, "all_cube": 3.91113e-5}, nats
        )

    def test_restricted_loss_of_another_key_set(self, nanda) -> None:
        found = nanda[f"restricted-loss(keys={THREE})"].headline
        expected = {"all": 0.2111949, "train": 0.2112997, "test": 0.2111500}
        assert {split: found[split] for split in expected} == each(expected, nats)

    def test_excluded_loss(self, nanda) -> None:
        found = nanda["excluded-loss"].headline
        assert (found["train"], found["all"], found["all_cube"]) == (nats(18.4849542), nats(18.72137), nats(29.23418))
        assert found["train_by_frequency"] == each({"3": 0.3537767, "6": 1.0588978, "23": 8.1494801, "39": 0.9394347}, nats)

    def test_excluded_loss_of_another_key_set(self, nanda) -> None:
        found = nanda[f"excluded-loss(keys={THREE})"].headline
        assert found["train"] == nats(16.9501734)
        assert found["train_by_frequency"] == each({"6": 1.0588978, "23": 8.1494801, "39": 0.9394347}, nats)

    def test_weight_norms(self, nanda) -> None:
        found = nanda["weight-norms"].headline["by_parameter"]
        printed = {"embed.W_E": 181.67246, "pos_embed.W_pos": 2.95118, "unembed.W_U": 44.84354}
        printed |= {
            f"blocks.0.attn.W_{letter}": value for letter, value in zip("KQVO", (17.99980, 112.90799, 215.22312, 148.11302), strict=True)
        }
        mlp = {"W_in": 220.50864, "b_in": 0.14450, "W_out": 191.74641, "b_out": 0.01630}
        printed |= {f"blocks.0.mlp.{name}": value for name, value in mlp.items()}
        assert {name: found[name] for name in printed} == {name: pytest.approx(value, abs=6e-6) for name, value in printed.items()}
        assert nanda["weight-norms"].headline["total"] == pytest.approx(sum(printed.values()), abs=1e-4)

    def test_relabelled_networks_have_none_of_it(self, nanda) -> None:
        """Norms stay; a network that is right in 99.9 % of cases then guesses, and its cosines explain about nothing."""
        assert nanda["weight-norms"].null["total"]["z"] is None
        assert nanda["loss"].null["accuracy_all"]["mean"] < 0.05
        assert nanda["logit-cosines"].null["explained"]["mean"] < 0.01
        assert nanda["logit-cosines"].null["explained"]["z"] > 10


class TestC113:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""

    def test_loss_and_what_is_missing(self, chughtai, authors) -> None:
        found = chughtai["loss"]
        assert (found.headline["all"], found.headline["accuracy_all"]) == (nats(authors["all_loss"]), 1)
        for name in ("train", "test", "accuracy_train", "accuracy_test"):
            assert found.headline[name] is None
            assert "split of this run is unknown" in found.missing[name]

    def test_key_frequencies_reach_half_of_p(self, chughtai) -> None:
        """Trap 2: 56 = 113 // 2 is one of the three."""
        assert chughtai["key-frequencies"].headline["frequencies"] == [16, 30, 56]

    def test_every_similarity_is_the_authors(self, chughtai, authors) -> None:
        found = chughtai["logit-cosines"].table.set_index("frequency")["similarity"]
        assert found.to_dict() == {k: share(authors[f"logit_freq_{k}_rep_trace_similarity"]) for k in range(1, 57)}
        headline = chughtai["logit-cosines"].headline
        assert (headline["explained"], headline["explained_key"]) == (share(0.9685424), share(0.9685412))
        assert headline["explained"] == share(authors["percent_logits_explained"])

    def test_every_embedding_share_is_the_authors(self, chughtai, authors) -> None:
        """Theirs include the constant."""
        power = chughtai["embedding-spectrum"].table.set_index("frequency")["power"]
        expected = {k: share(authors[f"percent_x_embed_freq_{k}_rep"]) for k in range(1, 57)}
        assert (power / power.sum()).to_dict() == expected | {0: share(authors["percent_x_embed_trivial_rep"])}

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

    def test_restricted_and_excluded_loss(self, chughtai, authors) -> None:
        restricted, excluded = chughtai["restricted-loss"].headline, chughtai["excluded-loss"].headline
        expected = {"all": 5.568347e-8, "all_uncorrected": 3.564482e-7, "all_cube": 4.126166e-8, "train": None, "test": None}
        assert restricted == {key: value and nats(value) for key, value in expected.items()}
        assert restricted["all_cube"] == nats(authors["total_logit_restricted_loss"])
        assert (excluded["all"], excluded["all_cube"]) == (nats(9.347174), nats(13.231288))
        assert excluded["train"] is None
        assert excluded["train_by_frequency"] is None
        assert "unknown" in chughtai["excluded-loss"].missing["train"]

    @pytest.mark.parametrize("k", [16, 30, 56])
    def test_one_frequency_kept(self, k: int, chughtai_run: Run, authors) -> None:
        """The authors' restricted loss of one frequency: over all pairs, the cosine of a + b - c alone."""
        snapshot = chughtai_run.snapshot()
        part = cosines.cube_part(snapshot.phase_sums, snapshot.grid.counts, [k])
        found = losses.per_label(part)[snapshot.grid.phase, snapshot.grid.labels].mean().item()
        assert found == nats(authors[f"logit_restricted_loss_freq_{k}_rep"])

    def test_neurons(self, chughtai) -> None:
        found = chughtai["neuron-frequencies"].headline
        assert (found["specialised"], found["clusters"]) == (495, {"16": 196, "30": 103, "56": 196})

    def test_gini(self, chughtai) -> None:
        expected = {"W_E_norms": 0.6562944, "W_E_powers": 0.9291142, "W_L_norms": 0.8418127, "W_L_powers": 0.9488770}
        assert chughtai["gini"].headline == each(expected, share)


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
