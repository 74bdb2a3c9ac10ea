"""The run that comes with the package."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import mechgrok
from mechgrok.api.ready_run import NUMBERS, SHIPPED
from mechgrok.errors import UserError
from mechgrok.training.presets import PRESETS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> mechgrok.Run:
    return mechgrok.ready_run(tmp_path_factory.mktemp("ready") / "run")


def test_it_is_the_preset_with_seed_0(run: mechgrok.Run) -> None:
    preset = PRESETS["nanda2023"].config
    assert (run.config.task, run.config.model, run.config.optimizer) == (preset.task, preset.model, preset.optimizer)
    assert (run.config.model.seed, run.config.split.seed) == (0, 0)


def test_its_checkpoints_are_of_the_states_that_it_names(run: mechgrok.Run) -> None:
    table = mechgrok.analyze(run, ["loss"], nulls=0).frame()
    memorised, forming, generalised, last = table.itertuples(index=False)
    train, test = (table.columns.get_loc(f"loss accuracy_{split}") for split in ("train", "test"))
    assert [state[train] for state in (memorised, forming, generalised, last)] == [1, 1, 1, 1]
    assert memorised[test] < 0.1
    assert memorised[test] < forming[test] < 1
    assert (generalised[test], last[test]) == (1, 1)


def test_its_numbers_are_those_of_its_weights(run: mechgrok.Run) -> None:
    numbers = pd.read_csv(SHIPPED / NUMBERS, comment="#", index_col="step")
    found = mechgrok.analyze(run, ["loss", "gini", "restricted-loss"], nulls=0).frame()
    assert len(numbers) > 100
    pd.testing.assert_frame_equal(numbers.loc[found.index, found.columns], found.astype(float), rtol=1e-3, check_dtype=False)


def test_its_results_come_with_it(run: mechgrok.Run) -> None:
    assert {"loss", "key-frequencies", "restricted-loss", "clock-pizza"} <= {path.name for path in (run.path / "results").iterdir()}


def test_it_is_opened_where_it_was_copied_to_and_replaces_nothing(run: mechgrok.Run, tmp_path: Path) -> None:
    assert mechgrok.ready_run(run.path).steps == run.steps
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("kept")
    with pytest.raises(UserError, match="exists already"):
        mechgrok.ready_run(tmp_path / "other")


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 6e6
