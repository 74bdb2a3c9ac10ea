"""Steps in the names of checkpoint files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mechgrok.errors import UserError

_NUMBER = re.compile(r"\d+")
_WORDS = ("step", "iter", "update", "epoch", "ckpt", "checkpoint")
"""Words before a number that is a step, those that count updates before epochs."""


class NamedSteps(NamedTuple):
    """Steps that names hold, and whether these are numbers of epochs."""

    steps: Mapping[Path, int]
    in_epochs: bool = False


def steps_of_names(paths: Sequence[Path]) -> NamedSteps:
    """The steps of the files of one folder whose names hold one: the number that differs among names alike.

    Of several that differ, the one after "step", else after another word for steps. Names without a number are left out. Raises
    UserError where names have numbers in several forms, such as those of two runs, and where the number is not clear.
    """
    by_form: dict[str, list[Path]] = {}
    for path in paths:
        if _NUMBER.search(path.stem):
            by_form.setdefault(_form(path), []).append(path)
    forms = sorted(by_form)
    if len(forms) > 1:
        names = ", ".join(by_form[form][0].name for form in forms[:4])
        raise UserError(f"it holds checkpoints of several runs, such as {names}; put those of each into a folder of its own")
    return _steps(by_form[forms[0]]) if forms else NamedSteps({})


def _form(path: Path) -> str:
    """The name without its numbers."""
    return _NUMBER.sub("#", path.stem)


def _steps(paths: Sequence[Path]) -> NamedSteps:
    """The steps of names of one form."""
    numbers = {path: [int(number) for number in _NUMBER.findall(path.stem)] for path in paths}
    columns = list(zip(*numbers.values(), strict=True))
    differing = [at for at, column in enumerate(columns) if len(set(column)) > 1]
    place = _place(paths[0], differing or list(range(len(columns))))
    in_epochs = _before(paths[0])[place].endswith(("epoch", "epochs"))
    return NamedSteps({path: found[place] for path, found in numbers.items()}, in_epochs)


def _place(path: Path, places: Sequence[int]) -> int:
    """The place of the step among the numbers of a name."""
    if len(places) == 1:
        return places[0]
    before = _before(path)
    named = [at for word in _WORDS for at in places if before[at].endswith(word)]
    if not named:
        raise UserError(f"{path.name} and the others have several numbers that differ; name them step_100.pt, step_200.pt and so on")
    return named[0]


def _before(path: Path) -> list[str]:
    """The name up to each of its numbers."""
    return [path.stem[: match.start()].lower().rstrip("=_-. ") for match in _NUMBER.finditer(path.stem)]
