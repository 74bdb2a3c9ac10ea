"""What measures find on particular kinds of runs: unknown splits, zero weights, other tables, groups, and other models."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from kinds_of_runs import GROUPS, MODELS, STEPS, Outcomes, model_run
from made_runs import make_run
from rules_of_results import broken_rules

from mechgrok.discovery import kinds
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Result
from mechgrok.measures.base.on_group import OnGroup
from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.runs.run import open_run
from mechgrok.tasks.random_table import RandomTable

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("key", ["train", "test"])
def test_an_unknown_split_is_a_gap_with_its_reason(key: str, outcomes: Outcomes) -> None:
    for name in ("loss", "restricted-loss"):
        found = outcomes["unknown"][name]
        assert found.headline[key] is None
        assert "unknown" in found.missing[key]
        assert math.isfinite(found.headline["all"])


def test_a_run_without_test_rows_says_so(outcomes: Outcomes) -> None:
    found = outcomes["all-train"]["loss"]
    assert found.headline["test"] is None
    assert "no test rows" in found.missing["test"]
    assert found.headline["train"] == pytest.approx(found.headline["all"], rel=1e-12)


def test_a_constant_network_guesses(outcomes: Outcomes) -> None:
    assert outcomes["zero"]["loss"].headline["all"] == pytest.approx(math.log(7), rel=1e-12)
    assert outcomes["zero"]["key-frequencies"].headline["frequencies"] == []


PAIRS = {"activation-map", "attention-fit", "component-ablation", "neuron-frequencies", "readout-fit", "spectrum-2d", "trig-share"}
"""Some of the measures of functions of all pairs (a, b)."""


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("restricted", "the table has 21 rows, not one for each of the 49 pairs"),
        ("three operands", "3 operands"),
        ("mixture", "the table has 50 rows, not one for each of the 25 pairs"),
    ],
)
def test_functions_of_all_pairs_need_all_pairs(task: str, words: str, outcomes: Outcomes) -> None:
    assert all(isinstance(outcomes[task][name], NotApplicable) and words in outcomes[task][name].reason for name in PAIRS)
    phases = ("logit-cosines", "key-frequencies", "restricted-loss", "excluded-loss", "logit-fve", "logit-profile")
    assert all(isinstance(outcomes[task][name], Result) for name in phases)


def test_quotients_have_all_pairs_of_logarithms(outcomes: Outcomes) -> None:
    """Rows (a, b) with b other than 0: those with a other than 0 too are the square of the units."""
    assert [name for name in sorted(PAIRS) if not isinstance(outcomes["divide"][name], Result)] == []


def test_a_table_without_a_rule_can_be_looked_at_as_a_control(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", task=RandomTable(p=7), steps=STEPS))
    found = analyze(run, ["key-frequencies", "key-frequencies(basis=additive)", "spectrum-2d(basis=additive)"], nulls=0)
    refused, *shown = found.values()
    assert "use basis=additive" in refused.reason  # type: ignore[union-attr]
    assert all(isinstance(each, Result) for each in shown)


class TestGroups:
    NAMES = ("character-cosines", "coset-concentration", "irrep-restricted-loss", "irrep-shares")

    def test_they_are_declared_as_measures_of_groups(self) -> None:
        assert all(issubclass(registry.measures()[name], OnGroup) for name in self.NAMES)

    @pytest.mark.long
    def test_they_apply_to_every_group_but_where_there_are_no_cosets(self, outcomes: Outcomes) -> None:
        refused = {("S2", "coset-concentration"): "prime", ("A3", "coset-concentration"): "prime"}
        refused |= {("S3 attention", "coset-concentration"): "no MLP"}
        pairs = [
            (run, name) for run in GROUPS for name in ("character-cosines", "coset-concentration", "irrep-restricted-loss", "irrep-shares")
        ]
        found = {pair: outcomes[pair[0]][pair[1]] for pair in pairs}
        assert {pair for pair, outcome in found.items() if not isinstance(outcome, Result)} == set(refused)
        assert all(words in found[pair].reason for pair, words in refused.items())

    def test_a_constant_network_says_so(self, outcomes: Outcomes) -> None:
        zero = outcomes["S3 zero"]
        assert "constant" in zero["irrep-shares"].missing["W_E_share"]
        assert zero["character-cosines"].headline["explained"] == 0
        assert zero["irrep-restricted-loss"].headline["all"] == pytest.approx(math.log(6), rel=1e-12)
        assert "no neuron varies" in zero["coset-concentration"].missing["a_mean_relative"]

    def test_without_a_known_split_there_is_no_train_loss(self, outcomes: Outcomes) -> None:
        found = outcomes["S3 unknown"]["irrep-restricted-loss"]
        assert "unknown" in found.missing["train"]
        assert "unknown" in found.missing["excluded_train"]

    def test_arithmetic_is_told_where_to_look(self, outcomes: Outcomes) -> None:
        found = [outcomes["odd"][name] for name in self.NAMES]
        assert all(isinstance(each, NotApplicable) and "measures of frequencies" in each.reason for each in found)

    def test_fourier_measures_send_other_groups_to_their_representations(self, outcomes: Outcomes) -> None:
        assert "irrep-shares" in outcomes["S3"]["embedding-spectrum"].reason
        assert isinstance(outcomes["S3"]["loss"], Result)


class TestModels:
    def test_every_kind_of_model_is_here(self) -> None:
        assert {model.kind for model, _ in MODELS.values()} == set(kinds("models")) - {"unknown", "module"}

    @pytest.mark.parametrize("label", ["frequency-ablation(site=W_E)", "spectrum-2d(site=attention)"])
    def test_variants_give_a_result_or_a_reason(self, label: str, outcomes: Outcomes) -> None:
        broken = {model: broken_rules(outcomes[model][label], draw=model in ("lstm", "quadratic")) for model in MODELS}
        assert {model: rules for model, rules in broken.items() if rules} == {}

    @pytest.mark.parametrize("name", ["mlp", "lstm", "quadratic", "embedding"])
    def test_without_attention_what_looks_at_heads_says_so(self, name: str, outcomes: Outcomes) -> None:
        for label in ("attention-ablation", "attention-fit", "head-circuits", "linear-attention-loss", "spectrum-2d(site=attention)"):
            assert "no attention" in outcomes[name][label].reason
        assert "no attention" in outcomes[name]["commutativity"].missing["attention_a"]

    def test_an_lstm_has_no_neurons(self, outcomes: Outcomes) -> None:
        assert "no neurons" in outcomes["lstm"]["neuron-frequencies"].reason

    def test_what_adds_its_tokens_up_pulls_alike_on_both(self, outcomes: Outcomes) -> None:
        assert outcomes["quadratic"]["gradient-symmetricity"].headline["symmetricity"] == pytest.approx(1, abs=1e-12)

    def test_neurons_of_the_analytic_network_have_one_frequency(self, tmp_path: Path) -> None:
        """Its weights are single waves: IPR 1 for u, v and w of every neuron, and the embedding has the frequencies in equal shares."""
        run = open_run(model_run(tmp_path / "analytic", QuadraticMLP(d_mlp=24, init="analytic"), "a b", p=13))
        found = analyze(run, ["inverse-participation", "embedding-spectrum"], nulls=0)
        table = found["inverse-participation"].table
        assert table[["activation", "output", "ipr"]].to_numpy() == pytest.approx(1, abs=1e-5)
        power = found["embedding-spectrum"].table.query("step == 10 and frequency > 0")["power"]
        assert len(power) == 6
        assert power.to_numpy() == pytest.approx(power.mean(), rel=1e-5)

    def test_neurons_that_read_tokens_are_judged_by_three_vectors(self, tmp_path: Path) -> None:
        """The mean of u, v and w by rfft, as the source has it, without the constant."""
        run = open_run(model_run(tmp_path / "random", QuadraticMLP(d_mlp=5), "a b", p=11))
        weights = run.snapshot().parameters
        vectors = torch.stack([*weights["embed.W_E"].mT, weights["blocks.0.mlp.W_out"]])
        power = torch.fft.rfft(vectors, dim=2).abs()[..., 1:] ** 2
        expected = ((power / power.sum(2, keepdim=True)) ** 2).sum(2).mean(0)
        table = analyze(run, ["inverse-participation"], steps="last", nulls=0)["inverse-participation"].table
        assert table["ipr"].to_numpy() == pytest.approx(expected.numpy(), rel=1e-10)
