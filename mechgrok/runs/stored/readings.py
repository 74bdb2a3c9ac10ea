"""Tables of readings that training has written: metrics.csv and probes.csv."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mechgrok.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def whole_lines(path: Path) -> bytes | None:
    """The content of a file up to its last line end: the line behind it is being written. None without a file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); restore it from a copy") from None
    return content[: content.rfind(b"\n") + 1]


def readings(path: Path, content: bytes | None, columns: Sequence[str], texts: Sequence[str]) -> pd.DataFrame:
    """A table with these and perhaps more columns, of which `texts` hold words and all others numbers, in the content of a file.

    It is empty without a file. Raises UserError where the file holds no such table.
    """
    import pandas as pd

    if content is None:
        return pd.DataFrame(columns=list(columns))
    try:
        found = pd.read_csv(io.BytesIO(content))
    except ValueError as error:
        raise UserError(f"{path} cannot be read ({error}); restore it from a copy") from None
    lacking = [name for name in columns if name not in found]
    if not isinstance(found.index, pd.RangeIndex):
        raise UserError(f"{path} has rows with more cells than columns; restore it from a copy")
    if lacking:
        raise UserError(f"{path} has no column {lacking[0]}; restore it from a copy")
    _require_numbers(path, found, texts)
    return found


def _require_numbers(path: Path, found: pd.DataFrame, texts: Sequence[str]) -> None:
    from pandas.api import types

    numbers = found.drop(columns=list(texts))
    wrong = [name for name in numbers if not types.is_numeric_dtype(numbers[name])]
    if len(found) and not types.is_integer_dtype(found["step"]):
        wrong = ["step"]
    if len(found) and wrong:
        raise UserError(f"{path} holds something other than numbers under {wrong[0]}; restore it from a copy")
