"""Lightning's settings, read as words and numbers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from mechgrok.errors import UserError
from mechgrok.runs.importing.logs import hparams


def read(text: str, folder: Path) -> dict[str, hparams.Setting]:
    (folder / "hparams.yaml").write_text(text)
    return hparams.read(folder / "hparams.yaml")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("x: 3", 3),
        ("x: -1", -1),
        ("x: 40.0", 40.0),
        ("x: 1e-3", 0.001),
        ("x: .5", 0.5),
        ("x: true", True),
        ("x: null", None),
        ("x:", None),
        ("x: '0'", "0"),
        ("x: Transformer", "Transformer"),
        ("x: +", "+"),
        ("x: /", "/"),
        ("x: '*'", "*"),
        ("x: '-'", "-"),
        ("x: x**2+y**2_mod_97", "x**2+y**2_mod_97"),
    ],
)
def test_a_line_is_a_word_or_a_number(line: str, value: hparams.Setting, tmp_path: Path) -> None:
    found = read(line + "\n", tmp_path)["x"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "line", ["x: !!python/object/apply:os.system ['true']", "x: &a 1", "x: {b: 1}", "x: [1]", "- 3", "  x: 3", "x: /home/a"]
)
def test_whatever_else_yaml_could_say_is_left_out(line: str, tmp_path: Path) -> None:
    assert read(f"{line}\nd_model: 128\n", tmp_path) == {"d_model": 128}


def test_without_a_file_nothing_is_said(tmp_path: Path) -> None:
    assert hparams.read(tmp_path / "hparams.yaml") == {}


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hparams.yaml").write_bytes(b"\xff\xfe\x00x")
    with pytest.raises(UserError, match="stands beside the log and cannot be read"):
        hparams.read(tmp_path / "hparams.yaml")
