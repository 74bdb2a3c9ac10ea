"""The tensors of a checkpoint, read one by one when they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from mechgrok.errors import UserError


class LazyWeights(Mapping[str, Tensor]):
    """The tensors of a checkpoint by name, each read at its first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = safe_open(path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise UserError(f"{path} cannot be read ({error}); delete it, or restore it from a copy") from None

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._file.keys():  # noqa: SIM118
            raise KeyError(name)
        return self._file.get_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.keys())

    def __len__(self) -> int:
        return len(self._file.keys())
