"""A collection reads the parts that are there and computes the others; its file keeps what it was given."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pandas as pd
import pytest
from made_runs import make_run

from mechgrok.analysis import Study, Trial
from mechgrok.runs.run import open_run
from mechgrok.studies.early_warning import collected
from mechgrok.studies.early_warning.readings import variants


@pytest.fixture
def trained(tmp_path):
    runs = {
        ("a + b.transformer, low", seed): open_run(make_run(tmp_path / f"a + b.transformer, low-s{seed}", steps=(0, 40, 80)))
        for seed in (0, 1)
    }
    for run in runs.values():
        lines = [f"{step},{split},1.0,{accuracy}" for step, accuracy in [(0, 0.1), (40, 0.1), (80, 0.9)] for split in ("train", "test")]
        (run.path / "metrics.csv").write_text("\n".join(["step,split,loss,accuracy", *lines]) + "\n")
    study = Study("", (Trial("a + b", "transformer, low", ""),), (0, 1), ())
    return SimpleNamespace(study=study, out=tmp_path, runs=runs)


def test_a_row_is_a_checkpoint_before_the_move_with_the_outcome_of_its_run(trained):
    said: list[str] = []
    found = collected.collect(trained, variants(["loss"]), said.append)
    assert found["step"].tolist() == [0, 40, 0, 40]
    assert found["moved"].tolist() == [80] * 4
    assert found["grokked"].isna().all()
    assert set(found["task"]) == {"a + b"}
    assert set(found["network"]) == {"transformer"}
    assert said == ["1 of 2 runs: a + b.transformer, low-s0", "2 of 2 runs: a + b.transformer, low-s1"]


def test_parts_that_are_there_are_not_computed_again(trained):
    first = collected.collect(trained, variants(["loss"]), str)
    said: list[str] = []
    again = collected.collect(trained, variants(["loss"]), said.append)
    assert said == []
    pd.testing.assert_frame_equal(first, again)
    other = collected.collect(trained, variants(["gini"]), said.append)
    assert len(said) == 2
    assert not [name for name in other if name.startswith("loss")]


def test_numbers_of_renamed_networks_stand_beside_those_of_the_same_checkpoint(trained):
    table, renamed = (collected.collect(trained, variants(["loss"]), str, renamed=each) for each in (False, True))
    both = collected.with_renamed(table, renamed)
    assert len(both) == len(table)
    row = both.iloc[1]
    expected = renamed[(renamed["run"] == row["run"]) & (renamed["step"] == row["step"])]["loss: all of renamed tokens"]
    assert row["loss: all of renamed tokens"] == expected.item()
    assert row["loss: all"] == table["loss: all"].iloc[1]


def test_a_run_that_moves_at_once_keeps_its_first_checkpoint():
    assert collected.before([0, 20, 40], 0) == [0]
    assert collected.before([0, 20, 40, 60, 80], None) == [0, 40, 80]
    assert collected.before([0, 20, 40, 60, 80], 80) == [0, 40]
    assert collected.before([0, 600, 640], None) == [0, 600]


def test_the_file_has_readings_in_single_precision_and_facts_as_they_are():
    facts = {"run": ["r"], "moved": [None], "grokked": [40], "last": [50], "best": [0.1]}
    table = pd.DataFrame({"step": [10], **facts, "loss: test": [1 / 3]})
    back = pd.read_parquet(io.BytesIO(collected.parquet(table)))
    assert back["loss: test"].dtype == "float32"
    assert back["grokked"].tolist() == [40]
    assert back["moved"].isna().all()
    assert back["best"].tolist() == [0.1]
