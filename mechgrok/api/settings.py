"""A config with some of its values changed, by the paths that are flags of the command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from mechgrok.config import PART_FOLDERS, Config, describe_problem
from mechgrok.discovery import kinds
from mechgrok.errors import UserError, nearest

SEEDED = ("model", "split", "training")
"""The parts of a config that draw random numbers from a seed."""


def preset(name: str, others: list[str] | None = None) -> Config:
    """The preset of that name. Raises UserError, which proposes one of the presets, or of `others`."""
    from mechgrok.training.presets import PRESETS

    if name not in PRESETS:
        raise UserError(f"there is no preset {name}{nearest(name, others or list(PRESETS))}")
    return PRESETS[name].config


def changed(config: Config, values: Mapping[str, Any]) -> Config:
    """The config with the values at some paths such as "task.p" replaced. Raises UserError for an unknown path and a wrong value.

    A part that gets another kind ("split.kind") keeps the values that both kinds take.
    """
    chosen = {path.removesuffix(".kind"): value for path, value in values.items() if path.endswith(".kind")}
    data = with_kinds(config, {part: kind for part, kind in chosen.items() if part in PART_FOLDERS}).model_dump()
    for path, value in values.items():
        _put(data, path, value)
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise UserError(describe_problem(error, Config)) from None


def seeded(config: Config, seed: int, kept: Collection[str] = ()) -> Config:
    """The config with one seed for its initial weights, its split and its batches, as far as these are drawn and not `kept`."""
    seeds = {f"{part}.seed": seed for part in SEEDED if part not in kept and hasattr(getattr(config, part), "seed")}
    return changed(config, seeds)


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    """Sets the value at a dotted path. Raises UserError where a part of the path before the last is none."""
    *parts, leaf = path.split(".")
    place = data
    for part in parts:
        if not isinstance(place.get(part), dict):
            raise UserError(f"unknown key {path}{nearest(part, [name for name, each in place.items() if isinstance(each, dict)])}")
        place = place[part]
    place[leaf] = value


def with_kinds(config: Config, chosen: Mapping[str, str]) -> Config:
    """The config with other kinds of some parts, which keep the values that both kinds take. Raises UserError for an unknown kind."""
    for part, kind in chosen.items():
        config = config.model_copy(update={part: _other_kind(getattr(config, part), _named(part, kind))})
    return config


def _named(part: str, kind: str) -> Any:
    known = kinds(PART_FOLDERS[part])
    if kind not in known:
        raise UserError(f"--{part}.kind {kind} is unknown{nearest(kind, list(known))}")
    return known[kind]


def _other_kind(part: Any, kind: Any) -> Any:
    alike = [name for name, field in kind.model_fields.items() if name != "kind" and _same(field, type(part).model_fields.get(name))]
    shared = {name: getattr(part, name) for name in alike}
    return kind(**shared)


def _same(field: Any, other: Any) -> bool:
    """Whether two fields take the same values."""
    return other is not None and (field.annotation, field.metadata) == (other.annotation, other.metadata)
