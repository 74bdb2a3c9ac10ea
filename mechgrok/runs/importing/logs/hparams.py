"""The settings that Lightning keeps beside its logs."""

from __future__ import annotations

import re
from pathlib import Path

from mechgrok.errors import UserError

Setting = str | int | float | bool | None
_LINE = re.compile(r"(?P<name>[A-Za-z_]\w*):( +(?P<value>[^\s#!&*{\[|>].*?)?)? *")
_WORDS: dict[str, Setting] = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)


def read(path: Path) -> dict[str, Setting]:
    """The words and numbers of an hparams.yaml: a line `name: value` each. All other YAML, such as objects, is left out.

    Folders and files of the author's machine are left out too. Empty where there is no such file; raises UserError where it cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        raise UserError(f"{path} stands beside the log and cannot be read; mend it, or move it away") from None
    found = {match["name"]: _value(match["value"] or "") for match in map(_LINE.fullmatch, lines) if match}
    return {name: value for name, value in found.items() if not (isinstance(value, str) and value.startswith("/") and len(value) > 1)}


def _value(text: str) -> Setting:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == text[-1] and text[0] in "'\"" and len(text) > 1:
        return text[1:-1]
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    return text
