"""Published loss curves without networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.errors import UserError
from mechgrok.maths.curves.crossings import first_crossing
from mechgrok.runs.importing.logs import lightning

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
    table = lightning.read_curves(write(tmp_path, LOG))
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
    assert lightning.read_curves(shared).to_numpy().tolist() == [[5, "train", 2.0, 0.1], [5, "test", 3.0, 0.2]]


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
        lightning.read_curves(write(tmp_path, text))
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
    assert lightning.split_sizes(write(tmp_path, text)) == sizes


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        lightning.read_curves(tmp_path / "metrics.csv")


def test_the_published_log_of_adamw(oracles: Path) -> None:
    """First single readings at or above 95 and 99 %."""
    table = lightning.read_curves(oracles / "miml2025" / "adamw_transformer_40pct_metrics.csv")
    found = {split: [first_crossing(rows.step, rows.accuracy, level) for level in (0.95, 0.99)] for split, rows in table.groupby("split")}
    assert found == {"train": [463, 511], "test": [41_881, 42_721]}
    peak = table[table.split == "test"].sort_values("loss").iloc[-1]
    assert (peak.step, peak.loss) == (4745, pytest.approx(14.0, abs=0.05))
