"""The task of a log of curves: from its settings, the sizes of its splits, and the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mechgrok.errors import UserError
from mechgrok.runs.importing.logs.hparams import Setting
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.tasks.k_wise import KWise
from mechgrok.tasks.layouts import TwoOperands
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import SIGNS, Operation
from mechgrok.tasks.unknown import Unknown

Sizes = tuple[int, int] | None
"""Rows of train and of validation."""
_OPERATORS: Mapping[str, str] = {
    **{sign: operation for operation, sign in SIGNS.items() if sign != operation},
    "x**2+y**2_mod_97": "add-squares",
    "x**2+y**2+x*y_mod_97": "a^2+ab+b^2",
    "x**2+y**2+x*y+x_mod_97": "a^2+ab+b^2+a",
    "x**3+x*y_mod_97": "a^3+ab",
    "x**3+x*y**2+y_mod_97": "a^3+ab^2+b",
}
"""What openai/grok calls its operations of two numbers."""


def task_of_log(options: ImportOptions, settings: Mapping[str, Setting], sizes: Sizes) -> tuple[Modular | KWise | Unknown, list[str]]:
    """The task, and notes on its assumptions. Raises UserError where p is unknown or the operation is not supported."""
    if options.p is None and options.operation is None and not settings and sizes is None:
        return Unknown(), ["the log names no task, so the task is unknown (give it by --p and --operation)"]
    operation, notes = _operation(options, settings)
    terms = settings.get("num_operand", 2)
    p, about_p = _modulus(options, sizes, terms if type(terms) is int and terms > 0 else 2)
    if terms == 2:
        return Modular(operation=operation, p=p, layout=_layout(settings)), [*notes, *about_p]
    if operation != "add":
        raise UserError(f"hparams.yaml has {terms} operands, and {operation} has two; only sums of several can be imported")
    return KWise(terms=terms, p=p, layout="openai operands"), [*notes, *about_p]


def _operation(options: ImportOptions, settings: Mapping[str, Setting]) -> tuple[Operation, list[str]]:
    named = settings.get("math_operator")
    if options.operation is not None:
        return options.operation, []
    if named is None or _always_adds(settings):
        return "add", [] if _always_adds(settings) else ["the operation is not recorded: assumed to be a + b (correct it by --operation)"]
    if named not in _OPERATORS:
        raise UserError(f"hparams.yaml has math_operator: {named!r:.60}, which is none of the operations known here; give --operation")
    return _OPERATORS[str(named)], []  # type: ignore[return-value]


def _always_adds(settings: Mapping[str, Setting]) -> bool:
    """The code of MIML-grokking, which has a setting `model`, adds whatever its math_operator is."""
    return "model" in settings


def _layout(settings: Mapping[str, Setting]) -> TwoOperands:
    if not settings:
        return "a b ="
    return "openai operands" if _always_adds(settings) else "openai equation"


def _modulus(options: ImportOptions, sizes: Sizes, terms: int) -> tuple[int, list[str]]:
    rows = None if sizes is None else sum(sizes)
    root = None if rows is None else _root(rows, terms)
    share = "" if sizes is None else f"the splits hold {sizes[0]} and {sizes[1]} rows"
    if options.p is None and root is None:
        raise UserError(f"the log does not determine p{f': {share}, together no power of {terms}' if share else ''}; give --p")
    if options.p is None and sizes is not None and root is not None:
        return root, [f"{share}, together {root}^{terms}: p = {root}, and a share of {sizes[0] / root**terms:.4g} was trained on"]
    assert options.p is not None
    unlike = rows is not None and rows != options.p**terms
    return options.p, [f"{share}, and the table modulo {options.p} has {options.p**terms}: other rows, or another p"] if unlike else []


def _root(number: int, power: Literal[2] | int) -> int | None:
    near = round(number ** (1 / power))
    return near if near > 1 and near**power == number else None
