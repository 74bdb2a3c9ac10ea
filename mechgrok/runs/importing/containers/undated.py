"""Records in a list that has no steps beside it."""

from __future__ import annotations

from dataclasses import dataclass

from mechgrok.runs.importing.containers.curve_names import Quantity, Split


@dataclass(frozen=True)
class Undated:
    """Losses (nats) or accuracies (shares) in the order in which they were recorded."""

    split: Split
    quantity: Quantity
    name: str
    """That of the list in the file."""
    values: tuple[float, ...]
    first: int = 0
    """The interval of the longest list after which the first record stands."""
    end: int | None = None
    """The step of the weights beside the list, where they are not the last ones."""
