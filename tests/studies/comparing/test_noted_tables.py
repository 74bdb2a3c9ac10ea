"""The provenance of a table: in its file or beside it, where other programs do not stumble over it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from compared_runs import sweep_of

import mechgrok
from mechgrok.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sweep_of(tmp_path / "runs", {0.5: [60, None]})
    return tmp_path


def written(folder: Path, name: str) -> Path:
    assert main(["table", str(folder / "runs"), "--out", str(folder / name)]) == 0
    return folder / name


def expected(folder: Path) -> dict[str, object]:
    found = mechgrok.compare(folder / "runs").provenance()
    assert {entry["run"] for entry in found["results"]} == {"decay=0.5-s0", "decay=0.5-s1"}
    assert {"metrics.csv", "key-frequencies"} <= {entry["measure"] for entry in found["results"]}
    return found


def test_csv_is_read_as_it_was_and_the_file_beside_it_describes_it(folder: Path) -> None:
    path = written(folder, "runs.csv")
    assert list(pd.read_csv(path)) == list(mechgrok.compare(folder / "runs").frame())
    described = json.loads((folder / "runs.csv-metadata.json").read_text())
    assert (described["@context"], described["url"]) == ("http://www.w3.org/ns/csvw", "runs.csv")
    assert described["notes"] == [expected(folder)]


def test_parquet_has_it_in_its_metadata(folder: Path) -> None:
    path = written(folder, "runs.parquet")
    assert json.loads(pq.read_metadata(path).metadata[b"mechgrok"]) == expected(folder)
    assert pd.read_parquet(path)["run"].tolist() == ["decay=0.5-s0", "decay=0.5-s1"]


def test_latex_and_markdown_have_it_in_a_comment(folder: Path) -> None:
    first, second, *_ = written(folder, "runs.tex").read_text().splitlines()
    assert json.loads(first.removeprefix("% mechgrok: ")) == expected(folder)
    assert second.startswith(r"\begin{tabular}")
    text = written(folder, "runs.md").read_text()
    [comment] = re.findall(r"<!-- mechgrok: (.*) -->", text)
    assert json.loads(comment) == expected(folder)
    assert text.startswith("| run |")


def test_two_hyphens_do_not_end_the_comment(folder: Path) -> None:
    (folder / "runs" / "decay=0.5-s0").rename(folder / "runs" / "a-->b---c")
    text = written(folder, "runs.md").read_text()
    [comment] = re.findall(r"<!-- mechgrok: (.*) -->", text)
    assert "--" not in comment
    assert "a-->b---c" in {entry["run"] for entry in json.loads(comment)["results"]}


def test_a_page_of_a_comparison_has_its_table_described(folder: Path) -> None:
    mechgrok.compare(folder / "runs").write(folder / "page")
    assert json.loads((folder / "page" / "runs.csv-metadata.json").read_text())["notes"] == [expected(folder)]
