"""Reads a folder of the checkpoints of one network as one `Foreign`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.reading import ENDINGS, naming, read, weight_files

_STEP = re.compile(r"(?P<name>.*)_(?:(?P<padded>\d{10})|step_(?P<step>\d{1,12}))")
"""`{name}_{step:010}` and `oocl_{mod}_step_{n}`, as the code of the out-of-context experiments names its checkpoints."""


def read_folder(folder: Path) -> Foreign:
    """The checkpoints of one network, each at the step that the file or its name gives.

    Raises UserError where files are of several formats or networks, where two have the same step, and where no file has one.
    """
    paths = weight_files(folder)
    if not paths:
        raise UserError(f"{folder} holds no {', '.join(ENDINGS)} file and no metrics.csv; give a file, or the folder that the files lie in")
    found = {path: read(path) for path in paths}
    with naming(folder):
        return _join(found)


def _join(found: Mapping[Path, Foreign]) -> Foreign:
    if len({each.format for each in found.values()}) > 1:
        formats = ", ".join(f"{path.name} ({each.format})" for path, each in _one_of_each_format(found))
        raise UserError(f"it holds files of several formats: {formats}; import each by itself")
    with_step, notes_on_steps = _with_steps(found)
    parameters.require_same_shapes(state for each in with_step.values() for state in each.snapshots.values())
    parts = list(with_step.values())
    return replace(
        parts[-1],
        snapshots=_join_snapshots(with_step),
        recorded={split: _join_losses(each.recorded.get(split, {}) for each in parts) for split in ("train", "test")},
        train_rows=next((each.train_rows for each in parts if each.train_rows is not None), None),
        pairs=next((each.pairs for each in parts if each.pairs), {}),
        notes=(*dict.fromkeys(note for each in parts for note in each.notes), *notes_on_steps),
    )


def _one_of_each_format(found: Mapping[Path, Foreign]) -> Iterable[tuple[Path, Foreign]]:
    return {each.format: (path, each) for path, each in found.items()}.values()


def _with_steps(found: Mapping[Path, Foreign]) -> tuple[dict[Path, Foreign], list[str]]:
    """The files that have steps, with these; and notes on where the steps are from and which files have none."""
    matches = {path: match for path, each in found.items() if None in each.snapshots and (match := _STEP.fullmatch(path.stem))}
    names = sorted({match["name"] for match in matches.values()})
    if len(names) > 1:
        raise UserError(f"it holds checkpoints of several runs: {', '.join(names[:4])}; put those of each into a folder of its own")
    with_step = {path: _at_step(each, matches.get(path)) for path, each in found.items() if None not in each.snapshots or path in matches}
    without = [path for path in found if path not in with_step]
    if not with_step:
        if len(without) == 1:
            return dict(found), []
        raise UserError(
            f"neither contents nor names give the steps of {_listed(without)} and others; "
            "names such as name_0000500000.pt would, or import one file"
        )
    notes = ["steps are those in the files' names"] if matches else []
    return with_step, notes + ([f"left out {_listed(without)}: neither the files nor their names give a step"] if without else [])


def _at_step(foreign: Foreign, match: re.Match[str] | None) -> Foreign:
    if match is None:
        return foreign
    return replace(foreign, snapshots={int(match["padded"] or match["step"]): foreign.snapshots[None]})


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths[:4])


def _join_snapshots(with_step: Mapping[Path, Foreign]) -> dict[int | None, Mapping[str, Tensor]]:
    found: dict[int | None, Mapping[str, Tensor]] = {}
    for path, each in with_step.items():
        for step, state in each.snapshots.items():
            if step in found:
                raise UserError(f"{path.name} is a second checkpoint of step {step}; leave one of them in the folder")
            found[step] = state
    return found


def _join_losses(parts: Iterable[Mapping[int, float]]) -> dict[int, float]:
    return {step: loss for part in parts for step, loss in part.items()}
