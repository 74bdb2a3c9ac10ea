"""Logs of curves as data: a list of records, or columns by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.curve_names import identify
from mechgrok.runs.importing.logs.layouts import names_without_runs, plain_layout
from mechgrok.runs.importing.safe_pickle import loading

ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")


def read_log(path: Path) -> Any:
    """The contents of a log: records of a CSV, of JSON lines, or of a list in JSON; a dict of columns otherwise.

    Curves may also lie in a file of torch.save, a pickle or an .npz.

    Raises UserError, with the path, for files that are none of these.
    """
    if not path.is_file():
        raise UserError(f"there is no file {path}; give the path of a log ({', '.join(ENDINGS)})")
    if path.suffix in loading.ENDINGS:
        return plain_layout(loading.read(path))
    if path.suffix in (".csv", ".tsv"):
        return plain_layout(_records(path, read_csv(path)))
    return plain_layout(_json_lines(path) if path.suffix in (".jsonl", ".ndjson") else _json(path))


def read_csv(path: Path) -> pd.DataFrame:
    """The table of a CSV, whose cells may also be separated by semicolons or tabs. Raises UserError where it is none."""
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline()
        return pd.read_csv(path, sep=max(",;\t", key=header.count))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path} is no table of comma-separated values ({reason}); fetch it again") from None


def _records(path: Path, table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows without their empty cells."""
    names = names_without_runs([str(name) for name in table])
    table = table.set_axis([str(name) for name in table], axis=1)[list(names)].rename(columns=names)
    if table.empty:
        raise UserError(f"{path} has a header and no rows; it is the log of a run that did not begin")
    wrong = [str(name) for name in table if identify(str(name)) and not pd.api.types.is_numeric_dtype(table[name])]
    if wrong:
        raise UserError(f"{path} holds something other than numbers under {', '.join(wrong)}; restore it from a copy")
    cells = table.astype(object).to_numpy()
    return [{name: cell for name, cell in zip(map(str, table), row, strict=True) if not pd.isna(cell)} for row in cells]


def _json(path: Path) -> Any:
    text = _text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if text.count("\n") > 1 and _is_json(text.splitlines()[0]):
            return _lines(path, text.splitlines())
        raise UserError(f"{path} is no JSON; give a list of records, or an object of columns") from None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json_lines(path: Path) -> list[Any]:
    return _lines(path, _text(path).splitlines())


def _lines(path: Path, lines: Sequence[str]) -> list[Any]:
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError):
            raise UserError(f"{path}: line {number} is no JSON; each line must hold one record") from None
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        raise UserError(f"{path} cannot be read as text; fetch it again") from None
