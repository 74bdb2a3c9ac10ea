"""Runs with one plausible mistake each: it is found and named, and an intact run has no finding."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_runs import make_run, write_weights
from safetensors.numpy import load_file, save_file
from trained_runs import Interrupting, begin, config, resume, train

import mechgrok
from mechgrok.auditing.audit import SAMPLE, audit, sample
from mechgrok.engine.tables import Tables
from mechgrok.runs import store

CORRUPTED = {"kind": "fixed-rule", "divisor": 2}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that differ in seeds, one with a split from a file, one with corrupted labels, one that starts from another."""
    folder = tmp_path_factory.mktemp("trained")
    train(config(), folder / "one")
    train(config(model__seed=5), folder / "other")
    train(config(corruption=CORRUPTED), folder / "corrupted")
    mask = load_file(folder / "one" / store.SPLIT)["is_train"]
    (folder / "rows.txt").write_text("\n".join(map(str, np.flatnonzero(mask))))
    train(config(split={"kind": "file", "path": str(folder / "rows.txt")}), folder / "listed")
    resume(begin(config(), folder / "interrupted"), Interrupting(13))
    return folder


@pytest.fixture
def runs(trained: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(trained, tmp_path / "runs"))


@pytest.mark.parametrize("name", ["one", "corrupted", "listed", "interrupted"])
def test_an_intact_run_has_no_finding(name: str, trained: Path) -> None:
    found = audit(trained / name)
    assert found.findings == ()
    assert found.recomputed == found.checkpoints == len(list((trained / name / "weights").iterdir())) > 1
    assert str(found).startswith(f"{trained / name}: no findings; ")


def test_a_run_of_others_is_audited_without_its_losses(tmp_path: Path) -> None:
    found = audit(make_run(tmp_path / "run"))
    assert (found.findings, found.checkpoints, found.recomputed) == ((), 3, 0)
    assert "no losses computed again: its readings are those of the file or loop" in str(found)


def split(run: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    arrays = load_file(run / store.SPLIT)
    save_file(arrays | {"is_train": change(arrays["is_train"])}, run / store.SPLIT)


def turned_over(runs: Path) -> None:
    split(runs / "one", lambda mask: 1 - mask)


def turned_over_list(runs: Path) -> None:
    split(runs / "listed", lambda mask: 1 - mask)


def other_split(runs: Path) -> None:
    split(runs / "one", lambda mask: np.roll(mask, 1))


def other_list(runs: Path) -> None:
    split(runs / "listed", lambda mask: np.roll(mask, 1))


def short_split(runs: Path) -> None:
    split(runs / "one", lambda mask: mask[:-1])


def other_labels(runs: Path) -> None:
    path = runs / "corrupted" / store.SPLIT
    arrays = load_file(path)
    arrays["trained_labels"][:3] += 1
    save_file(arrays, path)


def other_task(runs: Path) -> None:
    edit(runs / "one" / store.CONFIG, '"operation": "add"', '"operation": "subtract"')


def other_modulus(runs: Path) -> None:
    write_weights(runs / "one", 10, p=11)


def mixed(runs: Path) -> None:
    shutil.copy(runs / "other" / "weights" / "00000010.safetensors", runs / "one" / "weights")


def mixed_last(runs: Path) -> None:
    shutil.copy(runs / "other" / "weights" / "00000020.safetensors", runs / "one" / "weights")


def one_bit(runs: Path) -> None:
    path = runs / "one" / "weights" / "00000010.safetensors"
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)


def edited_metrics(runs: Path) -> None:
    edit(runs / "one" / store.METRICS, "\n4,test,2.", "\n4,test,1.")


def edited_loss(runs: Path) -> None:
    """Of a step with a checkpoint."""
    edit(runs / "one" / store.METRICS, "\n10,test,2.", "\n10,test,1.")


def shuffled_metrics(runs: Path) -> None:
    path = runs / "one" / store.METRICS
    head, *lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([head, *lines[2:], *lines[:2]]))


def lost_checkpoint(runs: Path) -> None:
    (runs / "one" / "weights" / "00000010.safetensors").unlink()


def more_checkpoints(runs: Path) -> None:
    for step in (30, 40):
        shutil.copy(runs / "other" / "weights" / "00000020.safetensors", runs / "one" / "weights" / f"{step:08d}.safetensors")


def temporary_files(runs: Path) -> None:
    (runs / "one" / "weights" / ".00000030.safetensors.77-88").write_bytes(b"")
    (runs / ".one.77").mkdir()


def lost_lineage(runs: Path) -> None:
    (runs / "one" / store.LINEAGE).write_text("{}")


def older_results(runs: Path) -> None:
    """As another version would have stored them."""
    mechgrok.analyze(runs / "one", ["gini"], nulls=0)
    path = next((runs / "one").glob("results/*/*/tables.parquet"))
    tables = Tables.read(path).by_step
    path.write_bytes(Tables({step: replace(each, stamp=older(each.stamp)) for step, each in tables.items()}).content())


def older(stamp: str) -> str:
    parts = json.loads(stamp)
    return json.dumps(parts | {"source": f"another {parts['source']}"}, sort_keys=True)


def broken_config(runs: Path) -> None:
    (runs / "one" / store.CONFIG).write_text('{"task": 3}')


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


LOSSES = [f"weights/{step:08d}.safetensors: train loss recorded" for step in (0, 10, 20)]
CASES: dict[Callable[[Path], None], tuple[str, list[str]]] = {
    turned_over: ("one", ["split.safetensors: the mask is turned over", "split.safetensors: train and test are exchanged"]),
    turned_over_list: ("listed", ["split.safetensors: train and test are exchanged, as the losses of 3 checkpoints show"]),
    other_split: (
        "one",
        ["split.safetensors: 24 rows are not on the side", "split.safetensors: the train rows are not those of the recorded"],
    ),
    other_list: ("listed", ["split.safetensors: the train rows are not those of the recorded losses (step 0: train loss recorded 2."]),
    short_split: ("one", ["split.safetensors: it holds 48 rows and the task has 49"]),
    other_labels: ("corrupted", ["split.safetensors: trained_labels differs from what task and corruption give on 3 rows", *LOSSES]),
    other_task: ("one", LOSSES),
    other_modulus: ("one", ["weights/00000010.safetensors: embed.W_E has the shape (12, 8), and this run's network (8, 16)"]),
    mixed: ("one", ["weights/00000010.safetensors: train loss recorded"]),
    mixed_last: (
        "one",
        ["weights/00000020.safetensors: blocks.0.attn.W_K differs from that in state.safetensors", "weights/00000020.safetensors: train"],
    ),
    one_bit: ("one", ["weights/00000010.safetensors: has changed since it was written: its checksum differs"]),
    edited_metrics: ("one", ["metrics.csv: has changed since the state was written: its checksum differs"]),
    edited_loss: ("one", ["metrics.csv: has changed since the state was written", "weights/00000010.safetensors: test loss recorded 1."]),
    shuffled_metrics: ("one", ["metrics.csv: has changed since", "metrics.csv: step 0 stands after a later one"]),
    lost_checkpoint: ("one", ["weights: no checkpoint at step 10, where training keeps one"]),
    more_checkpoints: (
        "one",
        ["weights: checkpoints at step 30, 40, and the state is of step 20", "metrics.csv: no reading", "metrics.csv: no reading"],
    ),
    temporary_files: ("one", ["weights/.00000030.safetensors.77-88: a process that was killed", "../.one.77: a process that was killed"]),
    lost_lineage: ("one", ["config.json: it names no parent, and lineage.json does"]),
    older_results: ("one", ["results: gini: the code that computes it changed since this was computed"]),
    broken_config: ("one", ["config.json: "]),
}


@pytest.mark.parametrize("mistake", CASES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_found_and_named(mistake: Callable[[Path], None], runs: Path) -> None:
    mistake(runs)
    name, expected = CASES[mistake]
    lines = [str(each) for each in audit(runs / name).findings]
    assert len(lines) == len(expected), lines
    assert all(line.startswith(text) for line, text in zip(lines, expected, strict=True)), lines
    assert not any("\n" in line for line in lines)


def test_a_sample_has_the_first_and_the_last_step() -> None:
    assert sample([0, 1, 5]) == [0, 1, 5]
    assert sample([]) == []
    found = sample(range(0, 4000, 10))
    assert (len(found), found[0], found[-1]) == (SAMPLE, 0, 3990)
