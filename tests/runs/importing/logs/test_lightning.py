"""Sizes of the splits in a Lightning log."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.runs.importing.logs import lightning

SIZES = "len_train_ds,len_val_ds,step\n{},{},1\n,,2\n"


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        (SIZES.format("20.0", "29.0"), (20, 29)),
        (SIZES.format("inf", "29.0"), None),
        (SIZES.format("-1", "29.0"), None),
        (SIZES.format("many", "29.0"), None),
        (SIZES.format("", "29.0"), None),
        ("step,train_loss\n1,2\n", None),
    ],
)
def test_the_sizes_of_the_splits(text: str, sizes: tuple[int, int] | None, tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(text)
    assert lightning.split_sizes(path) == sizes
