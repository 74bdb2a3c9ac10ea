"""The values of the config that differ between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SEED = "seed"
"""The column of seeds that vary together."""


def varying(configs: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The values of each run, by their dotted path, where they differ; None where a run has no such value.

    Seeds that vary together, as those of a sweep do, are one column at the end.
    """
    known = [flat(config) for config in configs]
    paths = dict.fromkeys(path for config in known for path in config)
    columns = {path: [config.get(path) for config in known] for path in paths}
    found = {path: values for path, values in columns.items() if any(value != values[0] for value in values)}
    seeds = [path for path in found if is_seed(path)]
    if len(seeds) > 1 and all(found[path] == found[seeds[0]] for path in seeds):
        values = found[seeds[0]]
        return {path: each for path, each in found.items() if path not in seeds} | {SEED: values}
    return {path: found[path] for path in sorted(found, key=is_seed)}


def is_seed(path: str) -> bool:
    """Whether a path names a seed."""
    return path.rpartition(".")[2] == SEED


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of a config by their dotted path."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) and value else {f"{prefix}{name}": value}
    return found
