"""The losses and accuracies that a weights file records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mechgrok.runs.importing.containers.contents import Series
from mechgrok.runs.importing.containers.curve_names import Curve, Quantity, Split
from mechgrok.runs.importing.containers.curves import Curves, find_curves
from mechgrok.runs.importing.containers.undated import Undated
from mechgrok.runs.importing.containers.units import is_percent

SPLITS: tuple[Split, ...] = ("train", "test")
QUANTITIES: tuple[Quantity, ...] = ("loss", "accuracy")


@dataclass(frozen=True)
class Recorded:
    """Losses (nats) and accuracies (shares) by split and step; lists without steps are apart."""

    losses: Mapping[str, Series] = field(default_factory=dict)
    accuracies: Mapping[str, Series] = field(default_factory=dict)
    undated: tuple[Undated, ...] = ()
    in_epochs: bool = False
    """Whether the steps are numbers of epochs."""
    names: Mapping[Curve, str] = field(default_factory=dict)
    """Under which each curve was found."""
    axes: tuple[str, ...] = ()
    """The names under which the file holds the steps."""
    units: str | None = None
    """The evidence on the unit of the accuracies; None where there are none."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on steps and units."""
        axes = ", ".join(repr(name[:40]) for name in self.axes)
        return (*([f"the steps of the records are those of {axes}"] if axes else []), *([self.units] if self.units else []))


def find_recorded(data: Any) -> Recorded:
    """The losses and accuracies in a file. Single numbers have the step None: they belong to the weights."""
    return recorded_of(find_curves(data))


def recorded_of(curves: Curves) -> Recorded:
    """Curves as losses and accuracies of train and test, the accuracies as shares."""
    dated: dict[str, dict[str, Series]] = {quantity: _by_split(curves.dated, curves, quantity) for quantity in QUANTITIES}
    lists: dict[str, dict[Any, list[float]]] = {quantity: _by_split(curves.undated, curves, quantity) for quantity in QUANTITIES}
    percent, evidence = is_percent(_readings(dated, lists))
    scale = 100 if percent else 1
    shares: dict[str, Series] = {split: {at: value / scale for at, value in series.items()} for split, series in dated["accuracy"].items()}
    undated = [
        Undated(
            split,
            quantity,
            _name(curves, Curve(split, quantity)),
            tuple(value / (scale if quantity == "accuracy" else 1) for value in values),
        )
        for quantity in QUANTITIES
        for split, values in lists[quantity].items()
    ]
    held = [Curve(split, quantity) for split in SPLITS for quantity in QUANTITIES if split in dated[quantity] or split in lists[quantity]]
    names = {curve: _name(curves, curve) for curve in held}
    units = evidence if dated["accuracy"] or lists["accuracy"] else None
    return Recorded(dated["loss"], shares, tuple(undated), curves.in_epochs, names, tuple(dict.fromkeys(curves.axes)), units)


def _by_split(found: Mapping[Curve, Any], curves: Curves, quantity: Quantity) -> dict[Any, Any]:
    """The curves of one quantity; one without a split is of the train rows where there is another one of the test rows."""
    by_split = {split: found[curve] for split in SPLITS if (curve := Curve(split, quantity)) in found}
    known, bare = curves.dated.keys() | curves.undated.keys(), Curve(None, quantity)
    is_train = Curve("train", quantity) not in known and any(curve.split == "test" for curve in known)
    return by_split | ({"train": found[bare]} if bare in found and is_train else {})


def _name(curves: Curves, curve: Curve) -> str:
    return curves.names.get(curve) or curves.names[Curve(None, curve.quantity)]


def _readings(dated: Mapping[str, Mapping[str, Any]], lists: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[float, Any]]:
    """Accuracies, each with the loss that was recorded with it."""
    for split, series in dated["accuracy"].items():
        steps = sorted(series, key=lambda step: (step is None, step))
        yield from ((series[step], dated["loss"].get(split, {}).get(step)) for step in steps)
    for split, values in lists["accuracy"].items():
        losses = lists["loss"].get(split, ())
        beside = losses if len(losses) == len(values) else [None] * len(values)
        yield from zip(values, beside, strict=True)
