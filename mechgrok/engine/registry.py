"""The measures there are, and how one is named on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from mechgrok import discovery
from mechgrok.errors import UserError, nearest
from mechgrok.measures.base.function_measure import measure
from mechgrok.measures.base.measure import BaseMeasure

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


@cache
def measures() -> dict[str, type[BaseMeasure]]:
    """Every measure by its name."""
    return {found.name: found for found in discovery.classes("measures", BaseMeasure)}


def default() -> list[BaseMeasure]:
    """Every cheap measure with its default fields, but those that have to be asked for, as the expensive ones have."""
    return [measure() for measure in measures().values() if measure.cost == "cheap" and measure.by_default]


def as_measure(asked: BaseMeasure | str | Callable[[Any], Any]) -> BaseMeasure:
    """The measure that a label, a function of a snapshot, or a measure itself means. Raises UserError."""
    if isinstance(asked, BaseMeasure):
        return asked
    if isinstance(asked, type) and issubclass(asked, BaseMeasure):
        return asked()
    if isinstance(asked, str):
        return parse(asked)
    found = measure(asked)
    if found.name in measures():
        raise UserError(f"the function {found.name} has the name of a measure of mechgrok; give it another name")
    return found


def require_distinct(chosen: Sequence[BaseMeasure]) -> None:
    """Raises UserError where two different measures have one label, under which one of them would be lost."""
    by_label: dict[str, BaseMeasure] = {}
    for each in chosen:
        other = by_label.setdefault(each.label, each)
        if (type(other), other) != (type(each), each):
            raise UserError(f"two measures are called {each.label}; give each function a name of its own")


def parse(text: str) -> BaseMeasure:
    """The measure that `name` or `name(field=value, ...)` means. Raises UserError."""
    match = re.fullmatch(r"([\w-]{1,100})\s*(?:\((.*)\))?", text.strip(), re.DOTALL)
    if match is None:
        raise UserError(f"{text!r} is not a measure; write name or name(field=value, ...)")
    name, arguments = match.groups()
    found = _named(name)
    return found(**_fields(found, arguments or ""))


@cache
def _named(name: str) -> type[BaseMeasure]:
    """The measure of a name, from the file that is called like it where there is one: all measures together take a while to import."""
    own = discovery.classes_in(discovery.modules_named("measures", name.replace("-", "_")), BaseMeasure)
    found: type[BaseMeasure] | None = next((each for each in own if each.name == name), None) or measures().get(name)
    if found is None:
        raise UserError(f"unknown measure {name}{nearest_measure(name)}")
    return found


def nearest_measure(name: str) -> str:
    """The ending of an error about an unknown name: the nearest one, or the command that lists them."""
    return nearest(name, list(measures()), "mechgrok list measures")


def _fields(measure: type[BaseMeasure], arguments: str) -> dict[str, Any]:
    parts = [part for part in re.split(r",\s*(?=[A-Za-z_]\w*\s*=)", arguments) if part.strip()]
    return dict(_field(measure, part) for part in parts)


def _field(measure: type[BaseMeasure], part: str) -> tuple[str, Any]:
    name, _, value = (piece.strip() for piece in part.partition("="))
    known = [field.name for field in fields(measure)]
    if name not in known:
        raise UserError(f"{measure.name} has no field {name}{nearest(name, known)}")
    hint = get_type_hints(measure, include_extras=True)[name]
    adapter = TypeAdapter(hint)
    items = [item for item in re.split(r"[,\s]+", value.strip("()[]")) if item]
    problems = []
    for reading in (value, items):
        try:
            return name, adapter.validate_python(reading)
        except ValidationError as error:
            problems += error.errors()
    raise UserError(f"{measure.name}: {name}={value}: {_complaint(problems, hint)}")


def _complaint(problems: Sequence[ErrorDetails], hint: Any) -> str:
    """The first problem that is not about the type as such, with the integers that a field may take instead of a word."""
    first = next((problem for problem in problems if not problem["type"].endswith("_type")), problems[0])
    integers = first["type"] == "literal_error" and any(get_origin(member) is tuple for member in get_args(hint))
    return first["msg"] + ", or integers such as 1,2" * integers
