"""Published loss curves of several train fractions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from mechgrok.errors import UserError
from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.importing.logs.train_fractions import train_fractions

COLUMNS = ["step", "split", "loss", "accuracy"]


def test_a_sweep_comes_apart_by_fraction_and_split(tmp_path: Path) -> None:
    torch.save([[0.9, 0.3], [[2.0, 1.0], [3.0, 2.5], [4.0], [5.0]]], tmp_path / "sweep.pth")
    table = train_fractions(tmp_path / "sweep.pth")
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
        train_fractions(tmp_path / "sweep.pth")


def test_a_curve_of_something_else_is_named(tmp_path: Path) -> None:
    torch.save([[0.3], [[1.0], [1.0, "x"]]], tmp_path / "sweep.pth")
    with pytest.raises(UserError, match=r"sweep\.pth: test losses holds something other than numbers"):
        train_fractions(tmp_path / "sweep.pth")


class _Runs:
    """What a hostile pickle would run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_a_hostile_file_runs_nothing(tmp_path: Path) -> None:
    torch.save([[0.3], [[1.0], _Runs(tmp_path / "ran")]], tmp_path / "sweep.pth")
    with pytest.raises(UserError):
        train_fractions(tmp_path / "sweep.pth")
    assert not (tmp_path / "ran").exists()


@pytest.fixture(scope="module")
def sweep(oracles: Path) -> pd.DataFrame:
    return train_fractions(oracles / "nanda2023" / "mod_addition_frac_train_sweep.pth")


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
