"""Tables of one's own: from arrays, files and functions, stored whole with the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mechgrok.cli import main
from mechgrok.config import Config
from mechgrok.errors import UserError
from mechgrok.runs.run import open_run
from mechgrok.tasks.list_tables import list_table
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.table import Table


def again(task: Table) -> Table:
    return Table.model_validate_json(task.model_dump_json())


def test_a_function_is_the_table_that_modular_has() -> None:
    task, known = Table(function=lambda a, b: a + b, p=7), Modular(p=7)
    assert np.array_equal(task.inputs(), known.inputs())
    assert np.array_equal(task.labels(), known.labels())
    assert np.array_equal(task.operands(), known.operands())
    assert (task.numbers, task.vocabulary, task.token_labels) == (7, 8, known.token_labels)


@pytest.mark.parametrize(
    ("function", "basis"),
    [
        (lambda a, b: a + b, "additive"),
        (lambda a, b: a - b, "additive"),
        (lambda a, b: a * b, "multiplicative"),
        (lambda a, b: a * a + a * b + b * b, "additive"),
        (max, "additive"),
    ],
)
def test_the_basis_of_a_function(function: Any, basis: str) -> None:
    assert Table(function=function, p=7).basis == basis


def test_arrays_come_back_as_they_were() -> None:
    rows = np.array([[0, 4, 9], [1, 4, -1], [2, 0, 9]])
    task = again(Table(rows=rows, labels=[3, 0, 11], units=[5, 5, 2]))
    assert np.array_equal(task.inputs(), rows)
    assert task.labels().tolist() == [3, 0, 11]
    assert task.units().tolist() == [1, 1, 0]
    assert (task.numbers, task.vocabulary, task.classes) == (12, 12, 12)
    assert task.operands().tolist() == [[0, 4], [1, 4], [2, 0]]


def test_a_token_that_all_rows_hold_is_no_number() -> None:
    a, b = np.divmod(np.arange(25), 5)
    task = Table(rows=np.column_stack([a, b, np.full(25, 5)]), labels=(a * b) % 5)
    assert (task.numbers, task.vocabulary, task.basis) == (5, 6, "multiplicative")
    assert Table(rows=np.column_stack([a, b]), labels=(a * b) % 5, label_basis="none").basis is None
    assert Table(rows=np.column_stack([a, b]), labels=np.arange(25) % 3).basis is None


def test_a_random_table_comes_back_whole() -> None:
    labels = np.random.default_rng(0).integers(0, 113, 113**2)
    a, b = np.divmod(np.arange(113**2), 113)
    task = Table(rows=np.column_stack([a, b]), labels=labels)
    assert np.array_equal(again(task).labels(), labels)
    assert task.basis is None


FILES = {
    "numbers": ("0,1,1\n1,1,0\n0,0,0\n", [[0, 1], [1, 1], [0, 0]], [1, 0, 0], ("0", "1")),
    "a header": ("y,a,b\n2,0,1\n0,2,2\n", [[0, 1], [2, 2]], [2, 0], ("0", "1", "2")),
    "words": ("a,op,b,eq,c\n1,+,2,=,0\n2,-,2,=,0\n", [[1, 3, 2, 4], [2, 5, 2, 4]], [0, 0], ("0", "1", "2", "+", "=", "-")),
    "shorter rows": ("3,1,2\n0,,0\n", [[3, 1], [0, -1]], [2, 0], ("0", "1", "2", "3")),
}


@pytest.mark.parametrize("kind", FILES)
def test_files(kind: str, tmp_path: Path) -> None:
    text, rows, labels, tokens = FILES[kind]
    (tmp_path / "rows.csv").write_text(text)
    task = Table(file=str(tmp_path / "rows.csv"))
    (tmp_path / "rows.csv").unlink()
    for each in (task, again(task)):
        assert each.inputs().tolist() == rows
        assert each.labels().tolist() == labels
        assert each.token_labels == tokens
        assert each.file == "rows.csv"


@pytest.mark.parametrize(
    ("header", "label"),
    [
        *(("x,y,label", 2), ("label,x,y", 0), ("y,label,x", 1), ("result,y,class", 2), ("a,b,Target", 2), ("Labels,answer,b", 0)),
        *(
            ("a,b,y", 2),
            ("y,a,b", 0),
            ("y,x,b", 0),
            ("a,y,b", 1),
            ("x,y,z", 2),
            ("x,b,y", 2),
            ("a,b,c", 2),
            ("x,y,unit", 1),
            ("a,b,unit", 1),
        ),
    ],
)
def test_the_label_is_in_the_column_that_a_reader_expects(header: str, label: int, tmp_path: Path) -> None:
    """x and y are operands where another column can hold the labels."""
    (tmp_path / "rows.csv").write_text(f"{header}\n0,1,2\n3,4,5\n")
    assert Table(file=str(tmp_path / "rows.csv")).labels().tolist() == [label, 3 + label]


def test_a_column_of_units_keeps_rows_together(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b,label,unit\n0,1,1,0\n1,0,1,0\n1,1,0,4\n")
    task = Table(file=str(tmp_path / "rows.csv"))
    assert task.units().tolist() == [0, 0, 1]
    assert task.inputs().tolist() == [[0, 1], [1, 0], [1, 1]]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no labels": ({"rows": [[1, 2]]}, "labels are whole numbers"),
    "too few labels": ({"rows": [[1, 2]], "labels": [1, 2]}, r"these are \(1, 2\) and \(2,\)"),
    "fractions": ({"rows": [[0.5, 2]], "labels": [1]}, "rows are whole numbers"),
    "a gap": ({"rows": [[-1, 2]], "labels": [1]}, "-1 after the end"),
    "a negative label": ({"rows": [[1, 2]], "labels": [-3]}, "a label is -3"),
    "a row twice": ({"rows": [[1, 2], [1, 2]], "labels": [1, 2]}, r"the row \[1, 2\] is there twice"),
    "no modulus": ({"function": max}, "a function needs its modulus"),
    "no file": ({"file": "nowhere.csv"}, "nowhere.csv cannot be read"),
    "damaged": ({"content": "3x4:AAAA"}, "damaged"),
    "a bomb": ({"content": "99999999x99999999:AAAA"}, "damaged"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_table_is_refused_in_a_line(kind: str) -> None:
    values, message = WRONG[kind]
    with pytest.raises((UserError, ValueError), match=message):
        Table(**values).labels()


@pytest.mark.parametrize("text", ["", "3\n", "1,2,3\n1,2\n", "a,b\nc,d,e\n"])
def test_files_that_hold_no_table(text: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(UserError, match=r"rows\.csv"):
        Table(file=str(tmp_path / "rows.csv"))


def test_the_command_line_trains_on_a_file_and_the_run_holds_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    p, file = 5, tmp_path / "rows.csv"
    file.write_text("".join(f"{a},{b},=,{(a + b) % p}\n" for a in range(p) for b in range(p)))
    small = ["--model.d_model", "8", "--model.heads", "1", "--model.d_mlp", "8", "--training.steps", "4", "--log", "quiet"]
    out = tmp_path / "run"
    assert main(["train", "nanda2023", "--task.kind", "table", "--task.file", str(file), *small, "--out", str(out)]) == 0
    file.unlink()
    run = open_run(out)
    assert run.task.basis == "additive"
    assert run.snapshot().logits.shape == (25, 5)
    assert main(["analyze", str(out), "gini", "loss", "--nulls", "0"]) == 0
    assert main(["train", "nanda2023", "--task.kind", "table", *small, "--out", str(tmp_path / "other")]) == 2
    assert "give --task.file rows.csv" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_a_config_holds_the_table() -> None:
    config = Config.model_validate(
        {"task": {"kind": "table", "content": Table(function=max, p=5).content}, "split": {"kind": "unknown"}, "model": {"kind": "unknown"}}
    )
    assert config.task.labels().tolist() == [max(divmod(row, 5)) for row in range(25)]


@pytest.mark.parametrize(("operation", "answer"), [("sort", sorted), ("reverse", lambda x: x[::-1]), ("copy", lambda x: x)])
def test_list_tasks(operation: Any, answer: Any) -> None:
    task = list_table(operation, numbers=3, length=3)
    assert len(task.labels()) == 3 * 27
    for row, label, unit in zip(task.inputs().tolist(), task.labels(), task.units(), strict=True):
        x, shown = row[:3], [token for token in row[4:] if token >= 0]
        assert row[3] == 3
        assert answer(x)[: len(shown)] == shown
        assert answer(x)[len(shown)] == label
        assert unit == 9 * x[0] + 3 * x[1] + x[2]
    with pytest.raises(UserError, match="no list task shuffle"):
        list_table("shuffle", numbers=3, length=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("numbers", [6, 7])
def test_labels_of_no_known_operation_have_no_basis(numbers: int) -> None:
    """Division has no table modulo a composite number."""
    rows = [(a, b) for a in range(numbers) for b in range(numbers)]
    assert Table(rows=rows, labels=[max(row) for row in rows]).basis is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1,1\n1,0,three\n", "line 2: the label 'three' is no whole number"),
        ("a,b,label\n0,1,1\n1,0,nan\n", "line 3: the label 'nan' is no whole number"),
        ("x,y,label\na,b,c\n", "line 1: the label 'label' is no whole number"),
        ("0,1,1\n1,2.5,1\n", "line 2: '2.5' is no whole number from 0"),
        ("0,-1,1\n", "line 1: '-1' is no whole number from 0"),
    ],
)
def test_a_mistyped_cell_is_named_by_its_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        Table(file=str(tmp_path / "rows.csv"))


def test_a_function_has_whole_values() -> None:
    with pytest.raises(UserError, match=r"gives 0\.5 for \(1, 0\)"):
        Table(function=lambda a, b: (a + b) / 2 if b == 0 else a, p=3)


def test_a_header_longer_than_the_lines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b,c,label\n1,2,3\n")
    with pytest.raises(UserError, match="the header has 4 cells and the longest line 3; name each column"):
        Table(file=str(tmp_path / "rows.csv"))
