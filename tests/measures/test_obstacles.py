"""Which measures refuse which networks, in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run

from mechgrok.measures.registry import measures
from mechgrok.measures.spectrum_2d import Spectrum2D
from mechgrok.runs.run import Run, open_run

OF_GROUPS = {"character-cosines", "coset-concentration", "irrep-restricted-loss", "irrep-shares"}
ELSEWHERE = OF_GROUPS | {"corrupted-loss"}
OF_READOUT = {"ipr-pruning", "neuron-replacement", "projection-loss"}
OF_NEURONS = OF_READOUT | {
    *("activation-rank", "inverse-participation", "neuron-frequencies", "neuron-logit-components", "neuron-logit-spectrum"),
    *("readout-fit", "trig-share", "head-circuits"),
}


def changed(folder: Path, **model: Any) -> Run:
    """A run of a network that is described so; its weights are not looked at."""
    make_run(folder, attn_only=model.pop("attn_only", False))
    config = json.loads((folder / "config.json").read_text())
    config["model"] |= model
    (folder / "config.json").write_text(json.dumps(config))
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
