"""mechgrok.sweep: the same cells as the command, on any executor."""

from __future__ import annotations

from pathlib import Path

import pytest
from inline_executor import Inline
from trained_runs import contents, torch_settings_kept

import mechgrok
from mechgrok.errors import UserError

TINY = {"task.p": 7, "model.d_model": 16, "model.heads": 2, "model.d_mlp": 24, "training.steps": 20, "checkpoints.log_spaced": 0}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with torch_settings_kept():
        yield


def test_a_table_of_its_cells() -> None:
    found = mechgrok.sweep("demo", {"split.fraction": [0.4, 0.6]}, "out", seeds=[1, 2], executor=Inline(), log="quiet", **TINY)
    frame = found.frame()
    assert frame.columns.tolist() == ["split.fraction", "seed", "state", "path"]
    assert frame[["split.fraction", "seed"]].to_numpy().tolist() == [[0.4, 1], [0.6, 1], [0.4, 2], [0.6, 2]]
    assert set(frame["state"]) == {"finished"}
    assert [mechgrok.open_run(path).config.split.fraction for path in frame["path"]] == frame["split.fraction"].tolist()
    assert len(found.trained.runs) == 4
    assert found.trained.time("fraction=0.4", 2).until == 20


def test_a_cell_is_what_train_gives() -> None:
    mechgrok.sweep("demo", {"split.fraction": [0.4]}, "out", seeds=[3], executor=Inline(), log="quiet", **TINY)
    mechgrok.train("demo", "alone", seed=3, threads=1, log="quiet", **TINY, **{"split.fraction": 0.4})
    assert contents(Path("out/fraction=0.4-s3")) == contents(Path("alone"))


def test_kinds_and_lists_may_vary() -> None:
    found = mechgrok.sweep(
        "demo", {"optimizer.kind": ["adamw", "muon"], "optimizer.weight_decay": [0.5]}, "out", executor=Inline(), log="quiet", **TINY
    )
    assert [cell.name for cell in found.cells] == [f"optimizer.kind={kind}.weight_decay=0.5-s0" for kind in ("adamw", "muon")]
    assert [mechgrok.open_run(cell.path).config.optimizer.kind for cell in found.cells] == ["adamw", "muon"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"grid": {"split.fraction": []}}, "a sweep needs a value for each path of its grid, and a seed"),
        ({"seeds": []}, "a sweep needs a value"),
        ({"executor": "locl"}, "there is no executor locl; did you mean local"),
        ({"config": "dmo"}, "there is no preset dmo"),
        ({"grid": {"model.seed": [1], "split.seed": [1], "training.seed": [1]}, "seeds": [0, 1]}, "have the same config"),
    ],
)
def test_what_it_refuses(given: dict, said: str) -> None:
    with pytest.raises(UserError, match=said):
        mechgrok.sweep(**{"config": "demo", "grid": {}, "out": "out", "executor": Inline(), "log": "quiet"} | TINY | given)
    assert not Path("out").exists()


def test_in_threads_the_numbers_are_the_same() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as threads:
        mechgrok.sweep("demo", {"split.fraction": [0.4, 0.6]}, "threads", executor=threads, log="quiet", **TINY)
    mechgrok.sweep("demo", {"split.fraction": [0.4, 0.6]}, "inline", executor=Inline(), log="quiet", **TINY)
    for name in ("fraction=0.4-s0", "fraction=0.6-s0"):
        assert contents(Path("threads") / name) == contents(Path("inline") / name)
