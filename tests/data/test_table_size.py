"""The memory of tables, estimated before they are made, against the system's count."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mechgrok import memory, train
from mechgrok.data import table_size
from mechgrok.errors import UserError
from mechgrok.runs.grid import Grid
from mechgrok.tasks.modular import Modular

PEAK = """
from pathlib import Path
from mechgrok.data.splits.{module} import {split}
from mechgrok.tasks.modular import Modular
peak = lambda: 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
before = peak()
{split}().train_rows(Modular(p=997, operation="{operation}"))
print((peak() - before) / 997**2)
"""


@pytest.mark.parametrize("split", ["PythonShuffle", "TorchRandperm", "NumpyShuffle", "TorchThreshold"])
@pytest.mark.parametrize("operation", ["add", "divide"])
@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system counts the peak of a process elsewhere")
def test_the_estimate_is_above_what_the_system_counts(split: str, operation: str) -> None:
    module = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in split)[1:]
    code = PEAK.format(module=module, split=split, operation=operation)
    # A system that reclaims idle memory counts too little now and then.
    found = max(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(2))
    estimate = table_size.bytes_of_a_row(Modular(p=997, operation=operation))  # type: ignore[arg-type]
    assert estimate / 3 < found < 1.1 * estimate


@pytest.mark.parametrize("operation", ["add", "divide"])
def test_rows_are_counted_without_the_table(operation: str) -> None:
    task = Modular(p=31_013, operation=operation)  # type: ignore[arg-type]
    assert task.most_rows == 31_013**2


def test_a_table_that_does_not_fit_is_refused_before_there_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^a table of 961,806,169 rows needs 57.7 GB of memory, and .* are free; choose a smaller p"):
        refused(tmp_path, 30 * 10**9)
    assert not list(tmp_path.iterdir())


def refused(folder: Path, free: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "available", lambda: free)
        train("nanda2023", folder / "run", **{"task.p": 31_013})


def test_an_analysis_refuses_it_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 10**6)
    with pytest.raises(UserError, match=r"^a table of 40,000 rows needs 2.4 MB of memory, and 1.0 MB are free"):
        Grid.of(Modular(p=200), None)
