"""Which cells of a sweep are trained as one stack, and that such cells are those of a stack of seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from trained_runs import Unwatched, config, torch_settings_kept

from mechgrok.api.settings import seeded
from mechgrok.api.sweep_stacks import Member, together
from mechgrok.api.sweeping import unwatched
from mechgrok.runs import store
from mechgrok.studies.cells import Cell
from mechgrok.studies.job import Job
from mechgrok.training.execution import Execution
from mechgrok.training.stack import launch

CPU = Execution("cpu", 1)
MADE = config()


def member(folder: Path, trial: str, seed: int, made=MADE) -> Member:
    return Cell(trial, seed, {}, folder / f"{trial}-s{seed}", 20), seeded(made, seed)


def names(groups: list[list[Member]]) -> list[list[str]]:
    return [[cell.name for cell, _ in group] for group in groups]


def test_seeds_of_a_trial_are_shared_out_to_the_cores(tmp_path: Path) -> None:
    both = [member(tmp_path, trial, seed) for seed in range(3) for trial in "ab"]
    assert names(together(both, CPU, 2)) == [["a-s0", "a-s1", "a-s2"], ["b-s0", "b-s1", "b-s2"]]
    assert names(together(both, CPU, 4)) == [["a-s0", "a-s2"], ["b-s0", "b-s2"], ["a-s1"], ["b-s1"]]
    assert names(together(both, CPU, 6)) == [[cell.name] for cell, _ in both]


def test_larger_networks_and_other_kinds_are_trained_alone(tmp_path: Path) -> None:
    for made in (config(task__p=31, model__d_mlp=2048), config(model__layers=2)):
        assert names(together([member(tmp_path, "a", seed, made) for seed in range(4)], CPU, 1)) == [[f"a-s{seed}"] for seed in range(4)]


def test_cells_stay_in_the_stack_that_they_began_in(tmp_path: Path) -> None:
    for name, entries in (("a-s1", {"stack": "a-s1"}), ("a-s2", {"stack": "a-s1"}), ("a-s3", {})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "execution.json").write_text(json.dumps(entries))
    found = together([member(tmp_path, "a", seed) for seed in range(6)], CPU, 1)
    assert names(found) == [["a-s0", "a-s4", "a-s5"], ["a-s1", "a-s2"], ["a-s3"]]


@pytest.mark.long
def test_a_job_of_several_cells_trains_what_a_stack_of_seeds_would_be(tmp_path: Path) -> None:
    cells, configs = zip(*(member(tmp_path, "a", seed) for seed in range(3)), strict=True)
    with torch_settings_kept():
        assert Job(cells, tuple(each.model_dump_json() for each in configs), CPU, unwatched)() == "ended"
        runs = launch.begin(dict(enumerate(configs)), tmp_path / "seeds", CPU)
        launch.resume(runs, Unwatched())
    assert [cell.state for cell in cells] == ["finished"] * 3
    for cell, run in zip(cells, runs, strict=True):
        for file in (store.METRICS, "weights/00000020.safetensors", store.CONFIG):
            assert (cell.path / file).read_bytes() == (run.path / file).read_bytes()
