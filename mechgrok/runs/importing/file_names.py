"""Steps in the names of checkpoint files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mechgrok.errors import UserError

_NUMBER = re.compile(r"\d+(?:\.\d+)?k(?![a-z])|\d+")
"""Also thousands, such as 10k."""
_WORDS = ("step", "iter", "update", "epoch", "ckpt", "checkpoint")
"""Words before a number that is a step, those that count updates before epochs."""


class NamedSteps(NamedTuple):
    """Steps that names hold, and whether these are numbers of epochs."""

    steps: Mapping[Path, int]
    in_epochs: bool = False


def steps_of_names(names: Mapping[Path, str]) -> NamedSteps:
    """The steps of the files of one folder whose names, without endings, hold one: the number that differs among names alike.

    Of several that differ, the one after "step", else after another word for steps. Names without a number are left out. Raises
    UserError where names have numbers in several forms, such as those of two runs, and where the number is not clear.
    """
    by_form: dict[str, list[Path]] = {}
    for path, name in names.items():
        if _NUMBER.search(name):
            by_form.setdefault(_NUMBER.sub("#", name), []).append(path)
    forms = sorted(by_form)
    if len(forms) > 1:
        each = ", ".join(by_form[form][0].name for form in forms[:4])
        raise UserError(f"it holds checkpoints of several runs, such as {each}; put those of each into a folder of its own")
    return _steps({path: names[path] for path in by_form[forms[0]]}) if forms else NamedSteps({})


def step_of_path(path: Path) -> tuple[int, bool] | None:
    """The step that the name of a single file holds, else that of its folder, such as checkpoint-300; and whether it counts epochs.

    It is the number after a word for steps, or the whole name.
    """
    folder = path.resolve().parent.name
    return _step_of_name(path.stem) or (_step_of_name(folder) if re.fullmatch(rf"({'|'.join(_WORDS)})\W?\d+", folder) else None)


def _step_of_name(name: str) -> tuple[int, bool] | None:
    before = _before(name)
    named = [at for word in _WORDS for at in reversed(range(len(before))) if before[at].endswith(word)]
    if not named and not name.isdecimal():
        return None
    at = named[0] if named else 0
    return _number(_NUMBER.findall(name)[at]), before[at].endswith("epoch")


def _number(text: str) -> int:
    return round(float(text[:-1]) * 1000) if text.endswith("k") else int(text)


def _steps(names: Mapping[Path, str]) -> NamedSteps:
    """The steps of names of one form."""
    numbers = {path: [_number(text) for text in _NUMBER.findall(name)] for path, name in names.items()}
    columns = list(zip(*numbers.values(), strict=True))
    differing = [at for at, column in enumerate(columns) if len(set(column)) > 1]
    first = next(iter(names.values()))
    place = _place(first, differing or list(range(len(columns))))
    in_epochs = _before(first)[place].endswith(("epoch", "epochs"))
    return NamedSteps({path: found[place] for path, found in numbers.items()}, in_epochs)


def _place(name: str, places: Sequence[int]) -> int:
    """The place of the step among the numbers of a name."""
    if len(places) == 1:
        return places[0]
    before = _before(name)
    named = [at for word in _WORDS for at in places if before[at].endswith(word)]
    if not named:
        raise UserError(f"{name} and the others have several numbers that differ; name them step_100.pt, step_200.pt and so on")
    return named[0]


def _before(name: str) -> list[str]:
    """The name up to each of its numbers."""
    return [name[: match.start()].lower().rstrip("=_-. ") for match in _NUMBER.finditer(name)]
