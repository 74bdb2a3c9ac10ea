"""Which measures refuse which networks, in which words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kinds_of_runs import RUNS
from made_runs import make_run

from mechgrok.engine.registry import measures
from mechgrok.errors import UnavailableError
from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.measures.groups.coset_concentration import CosetConcentration
from mechgrok.measures.logits.equivariance import Equivariance
from mechgrok.measures.neurons.spectrum_2d import Spectrum2D
from mechgrok.measures.shared.obstacles import needs_attention_to_equals
from mechgrok.runs import store
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import Run, open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.tasks.group import GroupTask
from mechgrok.tasks.modular import Modular


def changed(folder: Path, **model: Any) -> Run:
    """A run of a network that is described so, with random weights."""
    make_run(folder, attn_only=model.pop("attn_only", False))
    config = json.loads((folder / "config.json").read_text())
    config["model"] |= model
    (folder / "config.json").write_text(json.dumps(config))
    run = open_run(folder)
    for step in run.steps if model else ():
        store.write_tensors(store.weights_path(folder, step), run.config.model.initial(run.task))
    return run


def group_run(folder: Path, **group: Any) -> Run:
    """A run of products in a group; its weights are not looked at."""
    make_run(folder, p=GroupTask(**group).numbers)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"task": {"kind": "group", **group}}))
    return open_run(folder)


@pytest.fixture
def refuse(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """The measures that refuse a changed network and not the plain one, each with its reason."""
    plain = changed(tmp_path / "plain")

    def refusing(folder: Path | None = None, **model: Any) -> dict[str, str]:
        run = open_run(folder) if folder else changed(tmp_path / "changed", **model)
        reasons = {name: measure().obstacle(run) for name, measure in measures().items() if measure().obstacle(plain) is None}
        return {name: reason for name, reason in reasons.items() if reason}

    return refusing


NEURONS = {"activation-rank", "anomaly-scores", "head-circuits", "inverse-participation", "ipr-pruning", "neuron-frequencies", "trig-share"}
"""Some of those that read neurons; a new one needs no entry here."""


def test_a_network_without_mlp_is_refused_by_what_cannot_be_computed_on_it(refuse, tmp_path: Path) -> None:
    found = refuse(attn_only=True)
    assert set(found) >= NEURONS
    assert all("no MLP" in reason for reason in found.values())
    run = changed(tmp_path / "run", attn_only=True)
    for name in found:
        measure = measures()[name]()
        given = {key: required.compute(run.snapshot(), {}) for key, required in measure.requires.items() if required.obstacle(run) is None}
        with pytest.raises((AssertionError, KeyError, UnavailableError)):
            measure.compute(run.snapshot(), given)


def test_layernorm_is_refused_by_what_reads_logits_off_the_neurons(refuse, tmp_path: Path) -> None:
    found = refuse(normalization="LN")
    assert set(found) >= {"head-circuits", "ipr-pruning", "neuron-replacement", "projection-loss"}
    assert all("LayerNorm" in reason for reason in found.values())
    assert set(found) <= set(refuse(make_run(tmp_path / "run", attn_only=True))), "each needs neurons, too"


@pytest.mark.parametrize("options", [{"positions": "rotary"}, {"gated": True}])
def test_rotations_and_gates_are_refused_by_what_multiplies_weights(refuse, options) -> None:
    assert set(refuse(**options)) == {"head-circuits"}


def test_several_layers_are_refused_by_what_replaces_attention(refuse, tmp_path: Path) -> None:
    found = refuse(layers=2)
    assert "linear-attention-loss" in found
    assert all("layers" in reason for reason in found.values())
    assert set(found) <= set(refuse(RUNS["mlp"](tmp_path / "run"))), "each needs attention, too"


def test_only_the_spectrum_of_neurons_needs_neurons(tmp_path: Path) -> None:
    run = changed(tmp_path / "run", attn_only=True)
    assert "no MLP" in (Spectrum2D(site="neurons").obstacle(run) or "")
    assert Spectrum2D(site="attention").obstacle(run) is None


OF_WEIGHTS = {name: kind for name, kind in measures().items() if issubclass(kind, InBasis) and kind.of_weights}


def test_measures_that_declare_themselves_functions_of_the_weights_give_the_same_for_other_labels(tmp_path: Path) -> None:
    assert "gini" in OF_WEIGHTS
    weights = changed(tmp_path / "run").snapshot()
    other = Snapshot(Grid.of(Modular(p=7, operation="subtract"), None), weights.architecture, weights.weights, 0)
    for name, kind in OF_WEIGHTS.items():
        assert kind().compute(weights, {}).equals(kind().compute(other, {})), name


@pytest.mark.parametrize("p", [3, 7])
def test_where_0_is_a_label_the_multiplicative_basis_is_for_measures_of_weights_alone(tmp_path: Path, p: int) -> None:
    """Modulo 3 the only units with the sum 0 are 1 and 2, the first of the group and the second."""
    run = open_run(make_run(tmp_path / "run", p=p))
    found = {name: kind(basis="multiplicative").obstacle(run) for name, kind in measures().items() if issubclass(kind, InBasis)}
    assert {name for name, reason in found.items() if reason is None} == set(OF_WEIGHTS)
    assert all("the label 0 of this task" in reason for reason in found.values() if reason)


@pytest.mark.parametrize(("last", "refused"), [([7, 7, 7], False), ([3, 3, 3], True), ([7, 8, 7], True), ([0, 1, 2], True)])
def test_equals_is_one_token_that_is_no_number(last: list[int], refused: bool) -> None:
    task = SimpleNamespace(numbers=7, inputs=lambda: np.array([[0, 1, token] for token in last]))
    network = SimpleNamespace(lacks_attention=None)
    assert bool(needs_attention_to_equals(SimpleNamespace(task=task, network=network))) == refused  # type: ignore[arg-type]


@pytest.mark.parametrize(("n", "refused"), [(2, True), (3, True), (4, False), (5, True), (9, False)])
def test_a_group_of_prime_order_has_no_cosets(tmp_path: Path, n: int, refused: bool) -> None:
    run = group_run(tmp_path / "run", group="cyclic", n=n)
    assert ("prime order" in (CosetConcentration().obstacle(run) or "")) == refused


@pytest.mark.parametrize("basis", ["task", "additive"])
def test_measures_of_frequencies_refuse_a_group_whatever_basis_they_are_told(tmp_path: Path, basis: str) -> None:
    run = group_run(tmp_path / "run", group="symmetric", n=3)
    found = {name: kind(basis=basis).obstacle(run) for name, kind in measures().items() if issubclass(kind, InBasis)}
    assert len(found) > 20
    assert [name for name, reason in found.items() if not reason] == []


def test_a_margin_at_the_phase_needs_labels_that_are_phases() -> None:
    run = SimpleNamespace(task=Shifted(p=5), grid=Grid.of(Shifted(p=5), None), corrupted=None)
    assert "not its phases" in (Equivariance().obstacle(run) or "")  # type: ignore[arg-type]


class Shifted(Modular):
    """a + b + 1, whose characters are followed as those of a + b."""

    def phase(self) -> np.ndarray:
        return (self.labels() - 1) % self.p


@pytest.mark.parametrize(("basis", "size"), [("task", 7), ("additive", 7), ("multiplicative", 6)])
def test_the_order_of_the_group_of_a_basis(basis: Any, size: int) -> None:
    assert KeyFrequencies(basis=basis).size(Modular(p=7)) == size
