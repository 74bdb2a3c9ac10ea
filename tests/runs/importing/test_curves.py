"""Published loss curves without networks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.importing import curves

COLUMNS = ["step", "split", "loss", "accuracy"]
LOG = """epoch,learning_rate,step,train_accuracy,train_loss,val_accuracy,val_loss
8.0,.001,7,25.0,4.5,,
,,9,,,1.0,4.75
8.0,.001,15,50.0,3.5,,
,,17,,,2.0,5.5
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "metrics.csv"
    path.write_text(text)
    return path


def test_interleaved_rows_come_apart_by_split(tmp_path: Path) -> None:
    table = curves.lightning(write(tmp_path, LOG))
    assert list(table.columns) == COLUMNS
    assert table.to_numpy().tolist() == [
        [7, "train", 4.5, 0.25],
        [9, "test", 4.75, 0.01],
        [15, "train", 3.5, 0.5],
        [17, "test", 5.5, 0.02],
    ]
    assert table.step.dtype == "int64"


def test_rows_of_both_kinds_may_share_a_step(tmp_path: Path) -> None:
    shared = write(tmp_path, "step,train_accuracy,train_loss,val_accuracy,val_loss\n5,10,2,20,3\n")
    assert curves.lightning(shared).to_numpy().tolist() == [[5, "train", 2.0, 0.1], [5, "test", 3.0, 0.2]]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("step,train_loss\n1,2\n", "has no column train_accuracy, val_loss, val_accuracy"),
        (LOG.replace("4.75", "none such"), "holds something other than numbers under val_loss"),
        (LOG.split("\n")[0] + "\n", "has a header and no rows"),
        ("", "is no table of comma-separated values"),
        ("a,b\n1,2,3\n1\n1,2,3,4,5\n", "is no table of comma-separated values"),
    ],
)
def test_other_tables_are_refused_in_one_line(text: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=complaint) as error:
        curves.lightning(write(tmp_path, text))
    assert "\n" not in str(error.value)


SIZES = "len_train_ds,len_val_ds,step\n{},{},1\n,,2\n"


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        (SIZES.format("20.0", "29.0"), (20, 29)),
        (SIZES.format("inf", "29.0"), None),
        (SIZES.format("-1", "29.0"), None),
        (SIZES.format("many", "29.0"), None),
        (SIZES.format("", "29.0"), None),
        (LOG, None),
    ],
)
def test_the_sizes_of_the_splits(text: str, sizes: tuple[int, int] | None, tmp_path: Path) -> None:
    assert curves.lightning_sizes(write(tmp_path, text)) == sizes


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        curves.lightning(tmp_path / "metrics.csv")


def test_the_published_log_of_adamw(oracles: Path) -> None:
    """First single readings at or above 95 and 99 %."""
    table = curves.lightning(oracles / "miml2025" / "adamw_transformer_40pct_metrics.csv")
    found = {split: [first_crossing(rows.step, rows.accuracy, level) for level in (0.95, 0.99)] for split, rows in table.groupby("split")}
    assert found == {"train": [463, 511], "test": [41_881, 42_721]}
    peak = table[table.split == "test"].sort_values("loss").iloc[-1]
    assert (peak.step, peak.loss) == (4745, pytest.approx(14.0, abs=0.05))


def test_a_sweep_comes_apart_by_fraction_and_split(tmp_path: Path) -> None:
    torch.save([[0.9, 0.3], [[2.0, 1.0], [3.0, 2.5], [4.0], [5.0]]], tmp_path / "sweep.pth")
    table = curves.train_fractions(tmp_path / "sweep.pth")
    assert list(table.columns) == ["fraction", *COLUMNS]
    assert table[["fraction", "step", "split", "loss"]].to_numpy().tolist() == [
        [0.9, 0, "train", 2.0],
        [0.9, 1, "train", 1.0],
        [0.9, 0, "test", 3.0],
        [0.9, 1, "test", 2.5],
        [0.3, 0, "train", 4.0],
        [0.3, 0, "test", 5.0],
    ]
    assert table.accuracy.dtype == float
    assert table.accuracy.isna().all()


@pytest.mark.parametrize(
    "data",
    [
        {"a": 1},
        [[0.3]],
        [[0.3], [[1.0]]],
        [[0.3, 0.4], [[1.0], [1.0]]],
        [["x"], [[1.0], [1.0]]],
        [[], []],
        [torch.zeros(1), [[1.0], [1.0]]],
    ],
)
def test_what_is_no_sweep_is_refused(data: object, tmp_path: Path) -> None:
    torch.save(data, tmp_path / "sweep.pth")
    with pytest.raises(UserError, match="is not a list of train fractions and a list of two loss curves for each"):
        curves.train_fractions(tmp_path / "sweep.pth")


def test_a_curve_of_something_else_is_named(tmp_path: Path) -> None:
    torch.save([[0.3], [[1.0], [1.0, "x"]]], tmp_path / "sweep.pth")
    with pytest.raises(UserError, match=r"sweep\.pth: test losses holds something other than numbers"):
        curves.train_fractions(tmp_path / "sweep.pth")


class _Runs:
    """What a hostile pickle would run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_a_hostile_file_runs_nothing(tmp_path: Path) -> None:
    torch.save([[0.3], [[1.0], _Runs(tmp_path / "ran")]], tmp_path / "sweep.pth")
    with pytest.raises(UserError):
        curves.train_fractions(tmp_path / "sweep.pth")
    assert not (tmp_path / "ran").exists()


@pytest.fixture(scope="module")
def sweep(oracles: Path) -> pd.DataFrame:
    return curves.train_fractions(oracles / "nanda2023" / "mod_addition_frac_train_sweep.pth")


def test_the_published_sweep_over_train_fractions(sweep: pd.DataFrame) -> None:
    """First epoch with test loss below .05: generalisation takes ever longer, memorisation hardly depends on the fraction."""
    by_fraction = dict(list(sweep.groupby(["fraction", "split"])))
    fractions = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.28, 0.25]
    generalised = [_below(by_fraction[fraction, "test"], 0.05) for fraction in fractions]
    memorised = [_below(by_fraction[fraction, "train"], 0.01) for fraction in fractions]
    assert generalised == [173, 250, 298, 260, 476, 1006, 3197, 8035, 15242, 21956]
    assert memorised == [244, 296, 323, 155, 202, 272, 268, 274, 272, 265]


def test_the_published_runs_stopped_where_test_fell_below_3e_minus_6(sweep: pd.DataFrame) -> None:
    last = sweep[sweep.split == "test"].groupby("fraction").last()
    assert (last.loss < 3.01e-6).all()
    assert (last.step + 1).to_dict()[0.3] == 8996


def _below(rows: pd.DataFrame, threshold: float) -> int | None:
    return first_crossing(rows.step, rows.loss, threshold, rising=False)
