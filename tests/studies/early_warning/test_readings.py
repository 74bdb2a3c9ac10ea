"""Numbers by checkpoint are the headlines of the measures, and those of renamed networks are computed on the renamed weights."""

from __future__ import annotations

import pytest
import torch
from made_runs import make_run

import mechgrok
from mechgrok.runs.run import open_run
from mechgrok.studies.early_warning.readings import RENAMED, is_frozen, readings, variants


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(make_run(tmp_path_factory.mktemp("runs") / "made"))


@pytest.fixture(scope="module")
def found(run):
    return readings(run, variants(["loss", "weight-norms", "restricted-loss", "grok-times", "key-frequencies"]), [0, 10])


def test_numbers_are_those_of_the_headlines_at_each_step(run, found):
    outcomes = mechgrok.analyze(run, ["loss", "restricted-loss"], nulls=0)
    for measure, key in [("loss", "test"), ("loss", "accuracy_train"), ("restricted-loss", "all")]:
        series = outcomes[measure].series(key)
        assert found[f"{measure}: {key}"].tolist() == series.loc[[0, 10]].tolist()


def test_measures_of_key_frequencies_come_with_frozen_and_with_own_keys(found):
    assert {"restricted-loss: all", "restricted-loss(keys=own): all"} <= set(found)
    assert is_frozen("restricted-loss: all")
    assert not is_frozen("restricted-loss(keys=own): all")
    assert not is_frozen("loss: test")


def test_measures_of_the_run_and_lists_are_left_out(found):
    assert not [name for name in found if name.startswith(("grok-times", "key-frequencies"))]


def test_a_renamed_network_has_the_norm_of_the_network_and_the_loss_of_the_renamed_one(run, found):
    renamed = readings(run, variants(["loss", "weight-norms", "state-entropy"]), [0, 10], renamed=True)
    assert {name.partition(":")[0] for name in renamed} == {"loss", "weight-norms"}
    order = torch.randperm(7, generator=torch.Generator().manual_seed(10))
    weights = dict(run.snapshot(10).weights)
    rows = torch.cat([order, torch.tensor([7])])
    logits = run.snapshot(10).logits_with_weights(
        weights | {"embed.W_E": weights["embed.W_E"][rows], "unembed.W_U": weights["unembed.W_U"][:, rows]}, torch.arange(49)
    )
    losses = torch.nn.functional.cross_entropy(logits[:, :7].double(), torch.as_tensor(run.task.labels()), reduction="none")
    assert renamed.loc[10, f"loss: all{RENAMED}"] == pytest.approx(float(losses.mean()), rel=1e-5)
    assert renamed.loc[10, f"loss: all{RENAMED}"] != pytest.approx(found.loc[10, "loss: all"], rel=1e-5)
    assert renamed.loc[10, f"weight-norms: total{RENAMED}"] == pytest.approx(found.loc[10, "weight-norms: total"], rel=1e-6)
