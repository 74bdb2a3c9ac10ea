"""Which measures refuse which networks, in which words."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made_runs import make_run
from measure_kinds import ELSEWHERE

from mechgrok.engine.registry import measures
from mechgrok.measures.base.basis import InBasis
from mechgrok.measures.frequencies.key_frequencies import KeyFrequencies
from mechgrok.measures.groups.coset_concentration import CosetConcentration
from mechgrok.measures.logits.equivariance import Equivariance
from mechgrok.measures.neurons.spectrum_2d import Spectrum2D
from mechgrok.measures.shared.obstacles import needs_attention_to_equals
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.modular import Modular

OF_READOUT = {"ipr-pruning", "neuron-replacement", "projection-loss"}
OF_NEURONS = OF_READOUT | {
    *("activation-rank", "inverse-participation", "neuron-frequencies", "neuron-logit-components", "neuron-logit-spectrum"),
    *("readout-fit", "trig-share", "head-circuits", "anomaly-scores", "anomaly-controls"),
}


def changed(folder: Path, **model: Any) -> Run:
    """A run of a network that is described so; its weights are not looked at."""
    make_run(folder, attn_only=model.pop("attn_only", False))
    config = json.loads((folder / "config.json").read_text())
    config["model"] |= model
    (folder / "config.json").write_text(json.dumps(config))
    return open_run(folder)


def group_run(folder: Path, **group: Any) -> Run:
    """A run of products in a group; its weights are not looked at."""
    make_run(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"task": {"kind": "group", **group}}))
    return open_run(folder)


@pytest.mark.parametrize(
    ("model", "refusing", "words"),
    [
        ({}, set(), ""),
        ({"attn_only": True}, OF_NEURONS, "no MLP"),
        ({"normalization": "LN"}, OF_READOUT | {"head-circuits"}, "LayerNorm"),
        ({"layers": 2}, {"linear-attention-loss"}, "layers"),
    ],
    ids=["plain", "attention", "normalised", "deep"],
)
def test_measures_refuse_what_they_do_not_apply_to_and_nothing_else(
    tmp_path: Path, model: dict[str, Any], refusing: set[str], words: str
) -> None:
    run = changed(tmp_path / "run", **model)
    reasons = {name: measure().obstacle(run) for name, measure in measures().items() if name not in ELSEWHERE}
    found = {name: reason for name, reason in reasons.items() if reason}
    assert set(found) == refusing
    assert all(words in reason for reason in found.values())


def test_only_the_spectrum_of_neurons_needs_neurons(tmp_path: Path) -> None:
    run = changed(tmp_path / "run", attn_only=True)
    assert "no MLP" in (Spectrum2D(site="neurons").obstacle(run) or "")
    assert Spectrum2D(site="attention").obstacle(run) is None


OF_WEIGHTS = {"circularity", "embedding-symmetry", "fourier-density", "gini", "head-circuits"}


@pytest.mark.parametrize("p", [3, 7])
def test_where_0_is_a_label_the_multiplicative_basis_is_for_measures_of_weights_alone(tmp_path: Path, p: int) -> None:
    """Modulo 3 the only units with the sum 0 are 1 and 2, the first of the group and the second."""
    run = open_run(make_run(tmp_path / "run", p=p))
    found = {name: kind(basis="multiplicative").obstacle(run) for name, kind in measures().items() if issubclass(kind, InBasis)}
    assert {name for name, reason in found.items() if reason is None} == OF_WEIGHTS
    assert all("0 is a label" in reason for reason in found.values() if reason)


@pytest.mark.parametrize(("last", "refused"), [([7, 7, 7], False), ([3, 3, 3], True), ([7, 8, 7], True), ([0, 1, 2], True)])
def test_equals_is_one_token_that_is_no_number(last: list[int], refused: bool) -> None:
    task = SimpleNamespace(numbers=7, inputs=lambda: np.array([[0, 1, token] for token in last]))
    config = SimpleNamespace(model=SimpleNamespace(architecture=lambda _: SimpleNamespace(heads=4)))
    assert bool(needs_attention_to_equals(SimpleNamespace(task=task, config=config))) == refused  # type: ignore[arg-type]


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
