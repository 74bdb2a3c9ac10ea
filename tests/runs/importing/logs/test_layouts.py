"""The same curves in the layouts that libraries and people write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mechgrok.errors import UserError
from mechgrok.runs.importing.logs.curves import read_curves

TABLE = pd.DataFrame({"step": [0, 100, 200], "train_loss": [3.0, 0.5, 0.25], "val_loss": [4.0, 2.0, 1.0]})
BOUNDS = ("", "__MIN", "__MAX")


def weights_and_biases(path: Path) -> None:
    """The export of a chart."""
    columns = {f"fast-sun-1 - {name}{bound}": TABLE[name] for name in ("train_loss", "val_loss") for bound in BOUNDS}
    pd.DataFrame({"Step": TABLE["step"], **columns}).to_csv(path, index=False)


def history(path: Path) -> None:
    """The history of a run of Weights & Biases."""
    more = {"_runtime": [1.5, 2.5, 3.5], "_timestamp": [1.7e9, 1.7e9 + 1, 1.7e9 + 2], "lr": [1e-3] * 3}
    TABLE.rename(columns={"step": "_step", "train_loss": "train/loss", "val_loss": "val/loss"}).assign(**more).to_csv(path, index=False)


def one_metric_a_row(path: Path) -> None:
    TABLE.melt("step", var_name="metric").to_csv(path, index=False)


LAYOUTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "commas": ("log.csv", lambda path: TABLE.to_csv(path, index=False)),
    "semicolons": ("log.csv", lambda path: TABLE.to_csv(path, index=False, sep=";")),
    "tabs": ("log.tsv", lambda path: TABLE.to_csv(path, index=False, sep="\t")),
    "an index": ("log.csv", lambda path: TABLE.to_csv(path)),
    "one metric a row": ("log.csv", one_metric_a_row),
    "a chart": ("log.csv", weights_and_biases),
    "a history": ("log.csv", history),
    "an axis of the trainer": ("log.csv", lambda path: TABLE.rename(columns={"step": "trainer/global_step"}).to_csv(path, index=False)),
    "columns by index": ("log.json", lambda path: path.write_text(TABLE.to_json())),
    "rows by step": ("log.json", lambda path: path.write_text(json.dumps(TABLE.set_index("step").T.to_dict()))),
    "records": ("log.json", lambda path: path.write_text(TABLE.to_json(orient="records"))),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_curves_are_the_same(layout: str, tmp_path: Path) -> None:
    name, write = LAYOUTS[layout]
    write(tmp_path / name)
    found, _ = read_curves(tmp_path / name)
    by_split = found.pivot(index="step", columns="split", values="loss")
    assert by_split.index.tolist() == [0, 100, 200]
    assert (by_split["train"].tolist(), by_split["test"].tolist()) == (TABLE["train_loss"].tolist(), TABLE["val_loss"].tolist())


def test_columns_of_several_runs_have_to_be_named(tmp_path: Path) -> None:
    columns = {f"run-{i} - {name}": TABLE[name] for i in (1, 2) for name in ("train_loss", "val_loss")}
    pd.DataFrame({"Step": TABLE["step"], **columns}).to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(UserError, match=r"its columns are Step, run-1 - train_loss, .*--columns"):
        read_curves(tmp_path / "log.csv")
    named = {"step": "Step", "train_loss": "run-2 - train_loss", "test_loss": "run-2 - val_loss"}
    assert read_curves(tmp_path / "log.csv", named)[0]["loss"].tolist() == [3.0, 4.0, 0.5, 2.0, 0.25, 1.0]
