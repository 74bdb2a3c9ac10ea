"""The table of a comparison as a file: CSV and parquet for programs, LaTeX and Markdown for people."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import pandas as pd

from mechgrok.errors import one_line
from mechgrok.report.markdown import grid
from mechgrok.report.numbers import NONE, show
from mechgrok.studies.comparing.frame import TIMES

ENDINGS = {".csv": "csv", ".parquet": "parquet", ".tex": "latex", ".md": "markdown"}
DIGITS = 4
NBSP = "\u00a0"
_LATEX = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_SIGNS = {NONE: "--", NBSP: "~", "\u202f": r"\,", ">": "$>$", "\u2212": "$-$", "\u00d7": r"$\times$"}
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def content(frame: pd.DataFrame, kind: str) -> bytes:
    """The bytes of a table."""
    return _KINDS[kind](frame)


def _csv(frame: pd.DataFrame) -> bytes:
    """Key frequencies are separated by blanks."""
    return _plain(frame).to_csv(index=False).encode()


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    _plain(frame).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of one type each."""
    columns = {str(name): values if values.dtype != object else values.map(_word).astype(object) for name, values in frame.items()}
    return pd.DataFrame(columns)


def _word(value: object) -> str | None:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return None if _missing(value) else str(value)


def texts(frame: pd.DataFrame) -> pd.DataFrame:
    """The table in words: `> 3000` for a time that was not reached by step 3000, a dash for what is missing."""
    return pd.DataFrame([{str(name): _text(str(name), value, row) for name, value in row.items()} for row in frame.to_dict("records")])


def _text(name: str, value: object, row: Mapping[object, object]) -> str:
    if name in TIMES and _missing(value) and not _missing(row["last_step"]):
        return f">{NBSP}{show(_whole(row['last_step']))}"
    return NONE if _missing(value) else show(_whole(value), DIGITS)


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _whole(value: object) -> object:
    return value.item() if hasattr(value, "item") else value


def _markdown(frame: pd.DataFrame) -> bytes:
    table = texts(frame)
    return (grid(_head(table), [list(map(str, row)) for row in table.to_numpy()]) + "\n").encode()


def text_columns(frame: pd.DataFrame) -> list[str]:
    """The table in words as lines with aligned columns, for a terminal."""
    table = texts(frame)
    rows = [list(map(one_line, row)) for row in [_head(table), *table.to_numpy().tolist()]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def _head(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table]


def _latex(frame: pd.DataFrame) -> bytes:
    """A tabular with rules of booktabs."""
    table = texts(frame)
    lines = [" & ".join(_escaped(each) for each in row) + r" \\" for row in [_head(table), *table.to_numpy().tolist()]]
    columns = "l" + "r" * (len(table.columns) - 1)
    parts = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule", r"\end{tabular}"]
    return ("\n".join(parts) + "\n").encode()


def _escaped(text: str) -> str:
    """Text for LaTeX; a power of ten in mathematics."""
    found = "".join(_SIGNS.get(letter, _LATEX.get(letter, letter)) for letter in text)
    digits = [letter for letter in found if letter in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"]
    power = "".join(digits)
    return found.replace(power, f"$^{{{power.translate(_SUPERSCRIPTS)}}}$") if power else found


_KINDS: dict[str, Callable[[pd.DataFrame], bytes]] = {"csv": _csv, "parquet": _parquet, "latex": _latex, "markdown": _markdown}
