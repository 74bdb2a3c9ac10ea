"""Inert stand-ins for classes and objects that a pickle names."""

from __future__ import annotations

from typing import Any

_NAME_LENGTH = 200


class Name:
    """A global name in a pickle, such as a class or a function. Nothing is imported."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text[:_NAME_LENGTH]


class Record:
    """An object of a class that is not ours: the name of the class, and the values with which the pickle would have built it.

    One stand-in for every unknown name. `arguments` are those of its construction, `states` what it was given as state,
    `entries` its items as a dict and `items` its items as a list.
    """

    __slots__ = ("arguments", "entries", "items", "name", "states")

    def __init__(self, name: str, arguments: tuple[Any, ...] = ()) -> None:
        self.name = name[:_NAME_LENGTH]
        self.arguments = arguments
        self.states: list[Any] = []
        self.entries: dict[Any, Any] = {}
        self.items: list[Any] = []

    def __repr__(self) -> str:
        return f"Record({self.name!r})"

    @property
    def fields(self) -> dict[Any, Any]:
        """Its attributes."""
        return {name: value for part in self.parts for name, value in part.items()}

    @property
    def parts(self) -> list[dict[Any, Any]]:
        """Its attributes, from states that are dicts or, with slots, pairs of them."""
        parts = [part for state in self.states for part in (state if type(state) is tuple and len(state) == 2 else (state,))]
        return [part for part in parts if type(part) is dict]
