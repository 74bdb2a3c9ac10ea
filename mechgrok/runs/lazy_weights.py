"""The tensors of a checkpoint, read one by one when they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from mechgrok.errors import UserError
from mechgrok.models.parameter_shapes import is_bias


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

    def require(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Raises UserError where a parameter of the network is lacking or has another shape. Biases may be lacking; they are 0 then."""
        there = set(self)
        for name, shape in shapes.items():
            if name not in there and not is_bias(name):
                raise UserError(f"{self.path} has no {name}, so it is not of this run's network; restore it from a copy")
            found = tuple(self._file.get_slice(name).get_shape()) if name in there else shape
            if found != tuple(shape):
                raise UserError(f"{self.path}: {name} has the shape {found}, and this run's network {tuple(shape)}; restore it from a copy")
