"""The facts about a module of the user that are stored with a run of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Readout = Literal["W_out", "W_U", "unknown"]


@dataclass(frozen=True)
class Facts:
    """What was found out by calling a module; the fields of the model kind `module`."""

    type: str
    names: Mapping[str, str] = field(default_factory=dict)
    heads: int = 0
    classes: int = 0
    positions: int = 1
    readout: Readout = "unknown"
    linear: bool = False
