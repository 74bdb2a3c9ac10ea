"""Reads a weights file as one `Foreign`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs.importing import recognition
from mechgrok.runs.importing.file_names import step_of_path
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.safe_pickle import loading

ENDINGS = loading.ENDINGS
_CHECKPOINTS = "checkpoints"


def read(path: Path) -> Foreign:
    """The converted contents of a weights file, at the step that it or its name gives. Raises UserError that begins with its path."""
    return with_step_of_name(convert(WeightsFile(loading.read(path), path)), path)


def with_step_of_name(foreign: Foreign, path: Path) -> Foreign:
    """Weights without a step at the one in the name of their file or its folder."""
    named = step_of_path(path) if set(foreign.snapshots) == {None} else None
    if named is None:
        return foreign
    step, in_epochs = named
    note = f"the step of the weights, {step}, is that in the name of the file or its folder (correct it by --step N)"
    return replace(foreign.at_step(step, in_epochs=in_epochs), notes=(*foreign.notes, note))


def convert(file: WeightsFile) -> Foreign:
    """The converted contents of a file that was read. Raises UserError that begins with its path."""
    assert file.path is not None
    with naming(file.path):
        return recognition.recognise(file).convert(file)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Puts a path before the message of a UserError."""
    try:
        yield
    except UserError as error:
        raise type(error)(f"{path}: {error}") from None


def weight_files(folder: Path) -> list[Path]:
    """The weights files of a folder, by name.

    Where it has none itself, those of `checkpoints/` in it, as Lightning writes them, or of the folders in it whose names hold a number.
    """
    if found := _directly(folder):
        return found
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    named = [path for path in inside if path.name == _CHECKPOINTS] or [path for path in inside if any(map(str.isdigit, path.name))]
    return [path for each in named for path in _directly(each)]


def _directly(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file() and not path.name.startswith("."))
