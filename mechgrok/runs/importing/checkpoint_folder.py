"""Reads a folder of the checkpoints of one network as one `Foreign`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.skipped import is_skipped
from mechgrok.runs.importing.containers.steps import InEpochs
from mechgrok.runs.importing.containers.trees import are_equal
from mechgrok.runs.importing.containers.undated import Undated
from mechgrok.runs.importing.file_names import NamedSteps, steps_of_names
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.reading import ENDINGS, convert, naming, weight_files, with_step_of_name
from mechgrok.runs.importing.safe_pickle import loading

_SHOWN = 4


def read_folder(folder: Path, log: Path | None = None) -> Foreign:
    """The checkpoints of one network, each at the step that the file or its name gives.

    The `log` is passed over. Files of another network than most, files without weights, and files without a step beside others with one are
    left out, with a note.
    Raises UserError where no network is that of most files, where two have the same step, and where no file has one.
    """
    paths = [path for path in weight_files(folder) if path != log]
    if not paths:
        raise UserError(
            f"{folder} holds no {', '.join(ENDINGS)} file and no log of curves; give a file, or the folder that the files lie in"
        )
    files, damaged = _opened(paths)
    weights = [path for path, file in files.items() if file.holds_weights]
    own = [path for path in weights if not is_skipped(path.stem, None)] or weights
    if not own:
        return convert(next(reversed(files.values())))
    found = {path: convert(files[path]) for path in own}
    with naming(folder):
        joined = _join(folder, *_of_one_network(found))
    left = {"averages by their names": [path for path in weights if path not in own]}
    left["no weights in it"] = [path for path in files if path not in weights]
    return replace(joined, notes=(*joined.notes, *(f"left out {_listed(each)}: {why}" for why, each in left.items() if each), *damaged))


def _opened(paths: Sequence[Path]) -> tuple[dict[Path, WeightsFile], list[str]]:
    """The files that can be read, and a note on each of the others. Raises UserError where none can."""
    files: dict[Path, WeightsFile] = {}
    errors: list[UserError] = []
    for path in paths:
        try:
            files[path] = WeightsFile(loading.read(path), path)
        except UserError as error:
            errors.append(error)
    if not files:
        raise errors[0]
    return files, [f"left out a file that cannot be read: {error}" for error in errors]


def _of_one_network(found: Mapping[Path, Foreign]) -> tuple[dict[Path, Foreign], list[str]]:
    """The files of the network that most files hold, and a note on the others."""
    kinds = {path: _kind(each) for path, each in found.items()}
    (most, count), *others = Counter(kinds.values()).most_common()
    if any(other == count for _, other in others):
        one_of_each = ", ".join(f"{path.name} ({found[path].format})" for path in {kind: path for path, kind in kinds.items()}.values())
        raise UserError(f"it holds as many files of one network as of another: {one_of_each}; import each by itself")
    left = [path for path, kind in kinds.items() if kind != most]
    notes = [f"left out {_listed(left)}: of another network than the {count} others"] if left else []
    return {path: each for path, each in found.items() if kinds[path] == most}, notes


def _kind(foreign: Foreign) -> tuple[str, tuple[tuple[str, tuple[int, ...]], ...]]:
    """What distinguishes networks: the format, and the shapes by name."""
    return foreign.format, tuple(sorted((name, tuple(tensor.shape)) for name, tensor in foreign.last.items()))


def _join(folder: Path, found: Mapping[Path, Foreign], notes: Sequence[str]) -> Foreign:
    with_step, notes_on_steps = _without_copies(*_with_steps(folder, found))
    parts = [part for _, part in sorted(with_step.items(), key=lambda item: _last_step(item[1]) or 0)]
    return replace(
        parts[-1],
        snapshots=_join_snapshots(with_step),
        recorded=_join_series([(_last_step(each), each.recorded) for each in parts]),
        accuracies=_join_series([(_last_step(each), each.accuracies) for each in parts]),
        undated=_last_lists(parts),
        in_epochs=InEpochs(*(any(flags) for flags in zip(*(each.in_epochs for each in parts), strict=True))),
        train_rows=next((each.train_rows for each in parts if each.train_rows is not None), None),
        pairs=next((each.pairs for each in parts if each.pairs), {}),
        notes=(*dict.fromkeys(note for each in parts for note in each.notes), *notes_on_steps, *notes),
    )


def _last_step(foreign: Foreign) -> int | None:
    return max((step for step in foreign.snapshots if step is not None), default=None)


def _last_lists(parts: Sequence[Foreign]) -> tuple[Undated, ...]:
    """The lists of the last file that has some: each file records the training so far."""
    part = next((each for each in reversed(parts) if each.undated), parts[-1])
    return tuple(replace(each, end=None if part is parts[-1] else _last_step(part)) for each in part.undated)


def _without_copies(with_step: Mapping[Path, Foreign], notes: Sequence[str]) -> tuple[dict[Path, Foreign], list[str]]:
    """The files without those that hold the weights and steps of another one, such as last.ckpt; and a note on these."""
    kept: dict[Path, Foreign] = {}
    copies = []
    for path, each in sorted(with_step.items(), key=lambda item: (not any(map(str.isdigit, item[0].stem)), item[0])):
        if any(_is_copy(each, other) for other in kept.values()):
            copies.append(path)
        else:
            kept[path] = each
    return kept, [*notes, *([f"left out {_listed(copies)}: the same as another file"] if copies else [])]


def _is_copy(one: Foreign, other: Foreign) -> bool:
    same_steps = one.snapshots.keys() == other.snapshots.keys()
    return same_steps and all(are_equal(state, other.snapshots[step]) for step, state in one.snapshots.items())


def _with_steps(folder: Path, found: Mapping[Path, Foreign]) -> tuple[dict[Path, Foreign], list[str]]:
    """The files that have steps, with these; and notes on where the steps are from and which files have none."""
    unnamed = {path: str(path.relative_to(folder).with_suffix("")) for path, each in found.items() if None in each.snapshots}
    named, in_epochs = steps_of_names(unnamed) if len(found) > 1 else NamedSteps({})
    with_step = {
        path: each.at_step(named[path], in_epochs=in_epochs) if path in named else each
        for path, each in found.items()
        if path in named or None not in each.snapshots
    }
    without = [path for path in found if path not in with_step]
    if not with_step:
        if len(without) == 1:
            return {path: with_step_of_name(each, path) for path, each in found.items()}, []
        others = " and others" if len(without) > _SHOWN else ""
        raise UserError(
            f"neither contents nor names give the steps of {_listed(without)}{others}; names such as step_500.pt would, or import one file"
        )
    notes = ["steps are those in the files' names"] if named else []
    return with_step, notes + ([f"left out {_listed(without)}: neither the files nor their names give a step"] if without else [])


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths[:_SHOWN])


def _join_snapshots(with_step: Mapping[Path, Foreign]) -> dict[int | None, Mapping[str, Tensor]]:
    found: dict[int | None, Mapping[str, Tensor]] = {}
    for path, each in with_step.items():
        for step, state in each.snapshots.items():
            if step in found:
                raise UserError(f"{path.name} is a second checkpoint of step {step}; leave one of them in the folder")
            found[step] = state
    return found


def _join_series(parts: Sequence[tuple[int | None, Mapping[str, Mapping[Any, float]]]]) -> dict[str, dict[Any, float]]:
    """The records of all files; those without a step are of the weights of their file."""
    joined: dict[str, dict[Any, float]] = {"train": {}, "test": {}}
    for last, series in parts:
        for split, values in series.items():
            joined[split] |= {last if step is None else step: value for step, value in values.items()}
    return joined
