"""What a file in this folder holds."""

from __future__ import annotations

from dataclasses import dataclass

from mechgrok.config import Config


@dataclass(frozen=True)
class Preset:
    """A ready-made config, and what it is in a line, which `mechgrok list presets` shows."""

    about: str
    config: Config
