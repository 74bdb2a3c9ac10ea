"""Flags from types, through tyro; what is wrong with them is said in one line."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import tyro

from mechgrok.errors import UserError

_RULE = re.compile(r"^\u2500+$", re.MULTILINE)


def parse(target: Callable[..., Any], arguments: Sequence[str], command: str, default: Any = None) -> Any:
    """Calls `target` with what the `arguments` say (or makes it, where it is a type). Raises UserError on a wrong flag."""
    said = io.StringIO()
    extra = {} if default is None else {"default": default}
    try:
        with contextlib.redirect_stderr(said):
            made = tyro.cli(
                target, args=list(arguments), prog=f"mechgrok {command}", config=(tyro.conf.AvoidSubcommands,), return_unknown_args=False, **extra
            )
    except SystemExit as stop:
        if not stop.code:
            raise
        raise UserError(f"{_one_line(said.getvalue())} (mechgrok {command} --help)") from None
    return made


def _one_line(message: str) -> str:
    """The first statement of tyro's boxed message, and the flag that it proposes."""
    lines = [line.strip("\u2502 ") for line in message.splitlines() if not line.startswith(("\u256d", "\u2570"))]
    statement, *rest = [" ".join(section.split()) for section in _RULE.split("\n".join(lines))]
    guess = re.search(r"Perhaps you meant:? (--\S+)", " ".join(rest))
    return f"{_without_noise(statement)}{f'; did you mean {guess[1]}?' if guess else ''}"


def _without_noise(statement: str) -> str:
    """What pydantic has against a value, after its path."""
    by_field = re.search(r"Error parsing (\S+): \d+ validation errors? for \w+ (?:Value error, |(\w+) (?:Value error, )?)(.*?)(?: \[type=|$)", statement)
    if by_field is None:
        return statement
    path, field, problem = by_field.groups()
    return f"--{path}{f'.{field}' if field else ''}: {problem}"
