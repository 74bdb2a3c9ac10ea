"""Flags from types, through tyro; errors about them are one line."""

from __future__ import annotations

import contextlib
import functools
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tyro
from pydantic import ValidationError

from mechgrok.cli.arguments.lists import other_forms
from mechgrok.cli.arguments.synonyms import flag_for
from mechgrok.errors import UserError

_RULE = re.compile(r"^[\u2500-]+$", re.MULTILINE)
_FRAME = "\u256d\u2502\u2570 "


def parse(target: Callable[..., Any], arguments: Sequence[str], command: str, default: Any = None) -> Any:
    """Makes a `target` of the `arguments`, whose lists may be 3,9 or 3 9. Raises UserError on a wrong flag."""
    try:
        return _parsed(target, arguments, command, default)
    except UserError as error:
        for form in (*other_forms(arguments), *_words_first(arguments, str(error))):
            with contextlib.suppress(UserError):
                return _parsed(target, form, command, default)
        raise


def _words_first(arguments: Sequence[str], error: str) -> Iterator[list[str]]:
    """The arguments with the words that were not expected behind flags before all others: `analyze RUN --steps last loss`."""
    found = re.match(r"Unrecognized options: ([^-].*?)(?:;| \(mechgrok )", error)
    words = found[1].split(", ") if found else []
    if words and all(word in arguments for word in words):
        yield [*words, *(word for word in arguments if word not in words)]


def _parsed(target: Callable[..., Any], arguments: Sequence[str], command: str, default: Any, **more: Any) -> Any:
    printed = io.StringIO()
    extra = more if default is None else {"default": default}
    config = (tyro.conf.AvoidSubcommands,)
    try:
        with contextlib.redirect_stderr(printed):
            return tyro.cli(target, args=list(arguments), prog=f"mechgrok {command}", config=config, **extra)
    except SystemExit as stop:
        if not stop.code:
            raise
        raise UserError(f"{_problem(stop, printed.getvalue(), default)} (mechgrok {command} --help)") from None


def parse_known(target: Callable[..., Any], arguments: Sequence[str], command: str) -> tuple[Any, list[str]]:
    """Makes a `target` of the arguments that are its flags; gives the other arguments, too. Raises UserError on a wrong value."""
    found: tuple[Any, list[str]] = _parsed(target, arguments, command, None, return_unknown_args=True)
    return found


def call(target: Callable[..., int], arguments: Sequence[str], command: str) -> int:
    """Calls `target` with the `arguments`; what it prints is left alone. Raises UserError on a wrong flag."""

    @functools.wraps(target)
    def later(*values: Any, **named: Any) -> Callable[[], int]:
        return functools.partial(target, *values, **named)

    return parse(later, arguments, command)()


def _problem(stop: SystemExit, printed: str, options: Any) -> str:
    """What tyro stopped at, in one line."""
    from mechgrok.config import Config, describe_problem

    statement, *rest = _sections(printed)
    refused = _validation(stop)
    if refused is None:
        return statement + _hint(statement, " ".join(rest), options)
    path = re.search(r"Error parsing (\S+):", statement)
    return describe_problem(refused, Config, f"--{path[1]}" if path else "--")


def _validation(stop: BaseException) -> ValidationError | None:
    """The error of pydantic that made tyro stop."""
    cause = stop.__context__
    while cause is not None and not isinstance(cause, ValidationError):
        cause = cause.__context__
    return cause


def _sections(printed: str) -> list[str]:
    """The statement of tyro's boxed message, and the sections below it."""
    _, *lines = [line.strip(_FRAME) for line in printed.splitlines()]
    sections = [" ".join(section.split()) for section in _RULE.split("\n".join(lines))]
    return [section for section in sections if section]


def _hint(statement: str, rest: str, options: Any) -> str:
    """The flag that an unknown one probably means: of another kind, by its usual other names, else by its spelling, which tyro compares."""
    from mechgrok.config import Config

    typed = re.match(r"Unrecognized options: --([\w.-]+)", statement)
    if typed and isinstance(options, Config) and (others := _kinds_with(typed[1])):
        return f"; it is a flag of {others}"
    spelling = re.search(r"Perhaps you meant:? (--\S+)", rest)
    meant = (flag_for(typed[1], options) if typed else None) or (spelling and spelling[1])
    return f"; did you mean {meant}?" if meant else ""


def _kinds_with(typed: str) -> str:
    """The flags of the kinds that have an unknown flag of a part, such as `--task.kind table` for task.file; empty where none has."""
    from mechgrok.config import PART_FOLDERS
    from mechgrok.discovery import kinds_with

    part, _, field = typed.partition(".")
    found = kinds_with(PART_FOLDERS[part], field.replace("-", "_")) if part in PART_FOLDERS else []
    return " or ".join(f"--{part}.kind {kind}" for kind in found)
