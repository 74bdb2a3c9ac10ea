"""Flags from types, through tyro; what is wrong with them is said in one line."""

from __future__ import annotations

import contextlib
import functools
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import tyro
from pydantic import ValidationError

from mechgrok.config import Config, describe_problem
from mechgrok.errors import UserError

_RULE = re.compile(r"^[\u2500-]+$", re.MULTILINE)
_FRAME = "\u256d\u2502\u2570 "


def parse(target: Callable[..., Any], arguments: Sequence[str], command: str, default: Any = None) -> Any:
    """Makes a `target` of what the `arguments` say. Raises UserError on a wrong flag."""
    said = io.StringIO()
    extra = {} if default is None else {"default": default}
    config = (tyro.conf.AvoidSubcommands,)
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(target, args=list(arguments), prog=f"mechgrok {command}", config=config, **extra)
    except SystemExit as stop:
        if not stop.code:
            raise
        raise UserError(f"{_problem(stop, said.getvalue())} (mechgrok {command} --help)") from None


def call(target: Callable[..., int], arguments: Sequence[str], command: str) -> int:
    """Calls `target` with what the `arguments` say; what it prints is not touched. Raises UserError on a wrong flag."""

    @functools.wraps(target)
    def later(*values: Any, **named: Any) -> Callable[[], int]:
        return functools.partial(target, *values, **named)

    return parse(later, arguments, command)()


def _problem(stop: SystemExit, said: str) -> str:
    """What tyro stopped at, in one line."""
    statement = _statement(said)
    refused = _validation(stop)
    if refused is None:
        return statement
    path = re.search(r"Error parsing (\S+):", statement)
    return describe_problem(refused, Config, f"--{path[1]}" if path else "--")


def _validation(stop: BaseException) -> ValidationError | None:
    """What pydantic said before tyro stopped."""
    cause = stop.__context__
    while cause is not None and not isinstance(cause, ValidationError):
        cause = cause.__context__
    return cause


def _statement(said: str) -> str:
    """The first statement of tyro's boxed message, and the flag that it proposes."""
    _, *lines = [line.strip(_FRAME) for line in said.splitlines()]
    sections = [" ".join(section.split()) for section in _RULE.split("\n".join(lines))]
    statement, *rest = [section for section in sections if section]
    guess = re.search(r"Perhaps you meant:? (--\S+)", " ".join(rest))
    return f"{statement}{f'; did you mean {guess[1]}?' if guess else ''}"
