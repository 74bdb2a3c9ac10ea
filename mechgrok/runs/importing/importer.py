"""The interface of an importer, and the weights file that it reads."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from mechgrok.errors import UserError
from mechgrok.runs.importing.containers.contents import Contents
from mechgrok.runs.importing.containers.states import find_states
from mechgrok.runs.importing.containers.unpack import unpack
from mechgrok.runs.importing.foreign import Foreign

CONFIG = "config.json"
"""The facts beside weights that are not in their file."""


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """The contents of a weights file, and access to the files beside it.

    Attributes
    ----------
    data : Any
        What the file holds, rebuilt of dicts, lists, tuples, strings, numbers, CPU tensors, and inert records of other objects.
    path : Path, optional
        Where the file lies. Without it there are no companion files.

    Examples
    --------
    >>> WeightsFile({"step": 3}).data["step"]
    3
    >>> WeightsFile({}, Path("run/weights/00000000.safetensors")).companion("config.json") is None
    True
    """

    data: Any
    path: Path | None = None

    @property
    def stem(self) -> str:
        """The name of the file without its ending; empty without a path."""
        return "" if self.path is None else self.path.stem

    @cached_property
    def contents(self) -> Contents:
        """The raw weights by step, facts and recorded curves, whatever wraps them.

        Raises UserError for a file without weights, and for a config.json beside it that is no JSON.
        """
        return unpack(self.data, self.companion(CONFIG))

    @cached_property
    def holds_weights(self) -> bool:
        """Whether there are weights in the file."""
        return bool(find_states(self.data).states)

    def companion(self, name: str) -> Any:
        """The contents of a JSON file in the same folder.

        Parameters
        ----------
        name : str
            The name of the file, without a folder.

        Returns
        -------
        Any
            The parsed JSON; None where there is no such file.

        Raises
        ------
        UserError
            If the file cannot be read or holds no JSON.
        """
        if self.path is None or not (beside := self.path.with_name(name)).is_file():
            return None
        try:
            return json.loads(beside.read_bytes())
        except (OSError, ValueError, RecursionError):
            raise UserError(f"{beside} stands beside the weights and is no JSON; mend it, or move it away") from None


class Importer(ABC):
    """One format of foreign weights files.

    A subclass lies in a file of its own in `mechgrok/runs/importing/importers/`, or in a module offered as an entry point
    `mechgrok.runs.importing.importers`, and is found there. Its docstring describes the format and refers to the paper or the code that
    writes it. `recognition.py` describes which importer reads a file that several recognise.

    Attributes
    ----------
    name : str
        The name of the format, which is stored with an imported run.
    describe : str
        One line for `mechgrok list importers` and for the error when no importer recognises a file.

    Examples
    --------
    >>> class OneMatrix(Importer):
    ...     name = "one-matrix"
    ...     describe = "a dict with one tensor under W"
    ...
    ...     def recognises(self, file):
    ...         return frozenset({"one tensor under W"} if list(file.data) == ["W"] else ())
    ...
    ...     def convert(self, file):
    ...         return Foreign(self.name, {None: {"unembed.W_U": file.data["W"]}})
    >>> file = WeightsFile({"W": torch.eye(2)})
    >>> sorted(OneMatrix().recognises(file)), OneMatrix().convert(file).last["unembed.W_U"].shape
    (['one tensor under W'], torch.Size([2, 2]))
    """

    name: ClassVar[str]
    describe: ClassVar[str]

    @abstractmethod
    def recognises(self, file: WeightsFile) -> frozenset[str]:
        """The features by which the file is of this format.

        Parameters
        ----------
        file : WeightsFile

        Returns
        -------
        frozenset of str
            Short phrases, such as "W_O with two axes"; empty where the file is of another format. A format that is a special case of
            another one returns the features of that format and its own.
        """

    @abstractmethod
    def convert(self, file: WeightsFile) -> Foreign:
        """The contents in HookedTransformer names and shapes; the file's data are not changed.

        Parameters
        ----------
        file : WeightsFile
            A file that this importer recognises.

        Returns
        -------
        Foreign

        Raises
        ------
        UserError
            If the file contradicts itself, or holds a network that cannot be run here.
        """
