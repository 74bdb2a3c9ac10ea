"""A file, or a folder of the checkpoints of one network, as one `Foreign`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mechgrok.errors import UserError
from mechgrok.runs.importing import parameters, recognition
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importers import zhong2023
from mechgrok.runs.importing.safe_pickle import loading

ENDINGS = (".pt", ".pth", ".safetensors")
_STEP = re.compile(r"(?P<name>.*)_(?:(?P<padded>\d{10})|step_(?P<step>\d{1,12}))")
"""`{name}_{step:010}` and `oocl_{mod}_step_{n}`, as the code of the out-of-context experiments names its checkpoints."""


def read(path: Path) -> Foreign:
    """What a weights file holds. Raises UserError with its name."""
    data = zhong2023.joined(path, loading.read(path))
    with naming(path):
        return recognition.recognise(data).convert(data)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Puts the file's name before what is wrong with its contents."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def weight_files(folder: Path) -> list[Path]:
    """The weights files that lie in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())


def read_folder(folder: Path) -> Foreign:
    """The checkpoints of one network, each at the step that it or its name says.

    Raises UserError where files are of several formats or networks, say the same step, or say none.
    """
    paths = weight_files(folder)
    if not paths:
        raise UserError(f"{folder} holds no {', '.join(ENDINGS)} file and no metrics.csv; give a file, or the folder that the files lie in")
    found = {path: read(path) for path in paths}
    with naming(folder):
        return _joined(found)


def _joined(found: Mapping[Path, Foreign]) -> Foreign:
    if len({each.format for each in found.values()}) > 1:
        said = ", ".join(f"{path.name} ({each.format})" for path, each in _one_of_each(found))
        raise UserError(f"it holds files of several formats: {said}; import each by itself")
    dated, undated = _dated(found)
    parameters.require_same_shapes(state for each in dated.values() for state in each.snapshots.values())
    parts = list(dated.values())
    return replace(
        parts[-1],
        snapshots=_without_doubles(dated),
        recorded={split: _united(each.recorded.get(split, {}) for each in parts) for split in ("train", "test")},
        train_rows=next((each.train_rows for each in parts if each.train_rows is not None), None),
        pairs=next((each.pairs for each in parts if each.pairs), {}),
        notes=(*dict.fromkeys(note for each in parts for note in each.notes), *undated),
    )


def _one_of_each(found: Mapping[Path, Foreign]) -> Iterable[tuple[Path, Foreign]]:
    return {each.format: (path, each) for path, each in found.items()}.values()


def _dated(found: Mapping[Path, Foreign]) -> tuple[dict[Path, Foreign], list[str]]:
    """The files that have steps, with these; and notes on where steps are from and which files have none."""
    steps = {path: match for path, each in found.items() if None in each.snapshots and (match := _STEP.fullmatch(path.stem))}
    names = sorted({match["name"] for match in steps.values()})
    if len(names) > 1:
        raise UserError(f"it holds checkpoints of several runs: {', '.join(names[:4])}; put those of each into a folder of its own")
    dated = {path: _at(each, steps.get(path)) for path, each in found.items() if None not in each.snapshots or path in steps}
    without = [path for path in found if path not in dated]
    if not dated:
        if len(without) == 1:
            return dict(found), []
        raise UserError(
            f"nothing says the steps of {_names(without)} and others; names such as name_0000500000.pt would, or import one file"
        )
    notes = ["steps are those in the files' names"] if steps else []
    return dated, notes + ([f"left out {_names(without)}: neither the files nor their names say a step"] if without else [])


def _at(foreign: Foreign, match: re.Match[str] | None) -> Foreign:
    if match is None:
        return foreign
    return replace(foreign, snapshots={int(match["padded"] or match["step"]): foreign.snapshots[None]})


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths[:4])


def _without_doubles(dated: Mapping[Path, Foreign]) -> dict[int | None, Any]:
    found: dict[int | None, Any] = {}
    for path, each in dated.items():
        for step, state in each.snapshots.items():
            if step in found:
                raise UserError(f"{path.name} is a second checkpoint of step {step}; leave one of them in the folder")
            found[step] = state
    return found


def _united(parts: Iterable[Mapping[int, float]]) -> dict[int, float]:
    return {step: loss for part in parts for step, loss in part.items()}
