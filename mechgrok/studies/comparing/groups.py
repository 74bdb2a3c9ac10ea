"""Runs in groups by values of their config."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mechgrok.errors import UserError, nearest
from mechgrok.maths.statistics.censored import Times
from mechgrok.report.numbers import NONE, show
from mechgrok.report.varying import SEED, is_seed
from mechgrok.studies.comparing.compared import Compared

ALL = "all runs"
Groups = dict[str, list[Compared]]


def default_by(varying: Sequence[str]) -> tuple[str, ...]:
    """All that varies but seeds."""
    return tuple(path for path in varying if not is_seed(path))


def check_by(by: Sequence[str], runs: Sequence[Compared]) -> None:
    """Raises UserError for a path that no run has."""
    known = dict.fromkeys([*(path for run in runs for path in run.config), SEED])
    for path in by:
        if path not in known:
            raise UserError(f"--by {path}: no run has this value{nearest(path, list(known))}")


def grouped(runs: Sequence[Compared], by: Sequence[str]) -> Groups:
    """The runs by the name of their group, such as `weight_decay 1`, in ascending order of the values."""
    found: dict[str, tuple[Any, list[Compared]]] = {}
    short = _short(by)
    for run in runs:
        values = [run.value(path) for path in by]
        name = ", ".join(f"{short[path]} {_shown(value)}" for path, value in zip(by, values, strict=True)) or ALL
        found.setdefault(name, (tuple(map(_order, values)), []))[1].append(run)
    return {name: found[name][1] for name in sorted(found, key=lambda name: found[name][0])}


def times_of(runs: Sequence[Compared], split: str) -> Times:
    """The times of those runs that recorded the accuracy of a split."""
    reached = [run.times[split] for run in runs if split in run.times]
    return Times.of([each.at for each in reached], [each.step is not None for each in reached])


def _short(paths: Sequence[str]) -> dict[str, str]:
    """The last word of each path, where no other one ends with it."""
    leaves = [path.rpartition(".")[2] for path in paths]
    return {path: leaf if leaves.count(leaf) == 1 and leaf != "kind" else path for path, leaf in zip(paths, leaves, strict=True)}


def _shown(value: Any) -> str:
    return NONE if value is None else show(value) if not isinstance(value, dict) else json.dumps(value)


def _order(value: Any) -> tuple[int, float, str]:
    """Numbers by size, then words, then what is missing."""
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (2, 0.0, "") if value is None else (1, 0.0, str(value))
