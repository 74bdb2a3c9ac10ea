"""Tables in CSV files: a row in each line, numbers or words."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.tasks.own_tables.content import Content

LABELS = ("label", "labels", "answer", "target", "class", "result", "y")
"""Names of the column of labels, the first that occurs before the others."""
UNITS = ("unit", "units")


def read_csv(path: Path) -> tuple[Content, tuple[str, ...]]:
    """The table in a file, and its words, which are the tokens above the numbers. Raises UserError where it holds none.

    With a header the label is in the column of that name (or answer, target, class, result; or y, unless x stands before it), else in the
    last one; a column `unit` keeps rows together. A label is a whole number, a token a whole number or a word; the cells of a shorter row
    are empty at its end.
    """
    header, lines = _lines(path)
    unit = _column(header, UNITS)
    label = _label_column(header, [place for place in range(len(lines[0])) if place != unit])
    first = 1 + bool(header)
    _require_whole_labels(path, [line[label] for line in lines], first)
    _require_tokens(path, lines, first)
    cells = [[cell for place, cell in enumerate(line) if place not in (label, unit)] for line in lines]
    tokens = _tokens(cells, [line[label] for line in lines])
    try:
        rows = [[tokens[cell] if cell else -1 for cell in line] for line in cells]
        units = None if unit is None else [int(line[unit]) for line in lines]
        return Content.of(rows, [tokens[line[label]] for line in lines], units), tuple(word for word in tokens if not _is_number(word))
    except (KeyError, ValueError) as error:
        raise UserError(f"{path}: {error}; write tokens and then the label in each line, such as 3,5,8") from None


def _lines(path: Path) -> tuple[Sequence[str], list[list[str]]]:
    """The header, empty where there is none, and the lines, all of one length."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file) if any(cell.strip() for cell in line)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    header = lines.pop(0) if len(lines) > 1 and not any(map(_is_number, lines[0])) and any(map(_is_number, lines[1])) else []
    width = max((len(line) for line in lines), default=0)
    if width < 2:
        raise UserError(f"{path} holds no table; write tokens and then the label in each line, such as 3,5,8")
    if header and len(header) != width:
        raise UserError(f"{path}: the header has {len(header)} cells and the longest line {width}; name each column")
    short = next((number for number, line in enumerate(lines, 1 + bool(header)) if len(line) != width), None)
    if short is not None:
        raise UserError(f"{path}: line {short} has another number of cells than the longest, {width}; leave cells empty instead")
    return header, lines


def _require_whole_labels(path: Path, labels: Sequence[str], first: int) -> None:
    """Raises UserError where a label is no whole number; `first` is the line of the first one."""
    for line, label in enumerate(labels, first):
        if not _is_number(label):
            raise UserError(f"{path}: line {line}: the label {label!r} is no whole number; classes are numbered from 0")


def _require_tokens(path: Path, lines: Sequence[Sequence[str]], first: int) -> None:
    """Raises UserError where a cell is a number, but no whole one from 0."""
    for line, cells in enumerate(lines, first):
        wrong = next((cell for cell in cells if not _is_number(cell) and _is_real(cell)), None)
        if wrong is not None:
            raise UserError(f"{path}: line {line}: {wrong!r} is no whole number from 0; a token is such a number or a word")


def _label_column(header: Sequence[str], columns: Sequence[int]) -> int:
    """The place of the labels, by name, else the last; x and y, in this order, are the operands of `x,y,z`."""
    words = [name.lower() for name in header]
    are_operands = "x" in words and "y" in words and words.index("x") < words.index("y")
    found = _column(header, LABELS[:-1] if are_operands else LABELS)
    return columns[-1] if found is None else found


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    words = [name.lower() for name in header]
    return next((words.index(name) for name in names if name in words), None)


def _tokens(cells: Sequence[Sequence[str]], labels: Sequence[str]) -> dict[str, int]:
    """The token of every number and word: a number itself, words after the largest number in the order in which they come."""
    every = dict.fromkeys(cell for line in [*cells, labels] for cell in line if cell)
    numbers = {word: int(word) for word in every if _is_number(word)}
    first = max(numbers.values(), default=-1) + 1
    words = [word for word in every if word not in numbers]
    return numbers | {word: first + place for place, word in enumerate(words)}


def _is_real(text: str) -> bool:
    """Whether a text is a number of any kind, such as -1, 3.5, 1e3 or nan."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
