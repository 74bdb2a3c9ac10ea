"""What a measure is, as a page: definition, fields, columns, source. Made from the measure itself, so that it cannot drift from it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.measures.families import QUESTIONS, family

_FIELDS: Mapping[str, str] = {
    "keys": "key set: `last` (that of the last checkpoint), `own` (each checkpoint's), or frequencies such as `6,23,39`",
    "basis": "characters of Z_p (`additive`), of the units by their discrete logarithm (`multiplicative`), or what suits the `task`",
}
"""What the fields mean that many measures share."""


def page(measure: type[BaseMeasure], checks: list[str], figure: str | None) -> str:
    """The measure's page in Markdown; `checks` are where it is checked, `figure` is the picture's place."""
    definition = inspect.cleandoc(measure.__doc__ or "")
    facts = f"`{measure.name}` · family `{family(measure)}`: {QUESTIONS[family(measure)]} · {cost(measure)}"
    parts = [f"# {measure.title}", facts, definition, *_fields(measure), _columns(measure)]
    parts += [f"**Source.** {measure.reference}."]
    parts += ["**Checked by.** " + "; ".join(checks) + "."] if checks else []
    parts += [f"![{measure.title}]({figure})"] if figure else []
    return "\n\n".join(parts) + "\n"


def cost(measure: type[BaseMeasure]) -> str:
    """Where a measure is computed by default."""
    if measure.per_run:
        return "of a whole run"
    return "of each checkpoint" if measure.cost == "cheap" else "expensive: of the last checkpoint unless steps are named"


def _fields(measure: type[BaseMeasure]) -> list[str]:
    hints = get_type_hints(measure)
    lines = [_field(field, hints[field.name]) for field in fields(measure)]
    head = "| field | values | default | |\n|---|---|---|---|\n"
    return [head + "\n".join(lines)] if lines else []


def _field(field: Field[Any], hint: Any) -> str:
    return f"| `{field.name}` | {_choices(hint)} | `{_default(field)}` | {_FIELDS.get(field.name, '')} |"


def _choices(hint: Any) -> str:
    literals = [value for each in _members(hint) if get_origin(each) is Literal for value in get_args(each)]
    others = [_in_words(each) for each in _members(hint) if get_origin(each) is not Literal]
    return ", ".join([*(f"`{value}`" for value in literals), *others])


def _in_words(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return "frequencies" if get_args(hint)[0] is int else "numbers"
    return getattr(hint, "__name__", str(hint))


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) not in (None, Literal, tuple) else (hint,)


def _default(field: Field[Any]) -> str:
    return (",".join(map(str, field.default)) or "none") if isinstance(field.default, tuple) else str(field.default)


def _columns(measure: type[BaseMeasure]) -> str:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in measure.columns.items()]
    return "\n".join(["| column | meaning and unit |", "|---|---|", *rows])


def variants(measure: type[BaseMeasure]) -> Iterator[BaseMeasure]:
    """The measure with its defaults, and with every other choice of each field that is a choice, one at a time."""
    yield measure()
    hints = get_type_hints(measure)
    for field in fields(measure):
        for choice in [value for each in _members(hints[field.name]) if get_origin(each) is Literal for value in get_args(each)]:
            if choice != field.default:
                yield measure(**{field.name: choice})
