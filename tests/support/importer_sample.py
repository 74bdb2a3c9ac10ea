"""What the test file of an importer provides: `sample()`, a file of its format beside the logits of its network."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

TESTS = Path(__file__).resolve().parents[1] / "runs" / "importing" / "importers"


@dataclass(frozen=True)
class Sample:
    """A small file of a format, and the logits of its network by a forward pass that shares no code with mechgrok."""

    data: Any
    """What the file holds."""
    tokens: Tensor
    """(rows, pos)"""
    logits: Tensor
    """(rows, classes) at the last position, float64."""
    under: str | None = None
    """The key in `data` of the state dict; None where `data` is the state dict."""
    name: str = "weights.pt"
    companions: Mapping[str, str] = field(default_factory=dict)
    """Name -> text of the files beside it that the importer reads."""
    extra: str = "blocks.0.attn.W_extra"
    """The name of a tensor that no network of the format has."""
    biases: frozenset[str] = frozenset()
    """Tensors that may be missing and count as zero."""
    ignored: frozenset[str] = frozenset()
    """Tensors that are no parameters, such as masks."""

    @property
    def optional(self) -> frozenset[str]:
        """Tensors that may be missing."""
        return self.biases | self.ignored

    @property
    def state(self) -> Mapping[str, Tensor]:
        return self.data if self.under is None else self.data[self.under]

    def with_state(self, state: Mapping[str, Tensor]) -> Any:
        """The data with another state dict."""
        return dict(state) if self.under is None else self.data | {self.under: dict(state)}

    def save(self, folder: Path, data: Any = None) -> Path:
        """Writes the file, or one with other data, and its companions into a folder."""
        folder.mkdir(exist_ok=True)
        for name, text in self.companions.items():
            (folder / name).write_text(text)
        torch.save(self.data if data is None else data, folder / self.name)
        return folder / self.name


def sample_of(module: str) -> Sample | None:
    """The sample in the test file of an importer's module; None where there is no such file or it has no `sample`."""
    path = TESTS / f"test_{module.rpartition('.')[2]}.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"sample_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found.sample() if hasattr(found, "sample") else None
