"""Ready-made configs by name, one file each: the settings of a source under its own name. The file's name is the preset's.

Where a source leaves a value open, or has one that cannot be had here, its file says so.
"""

from __future__ import annotations

from mechgrok.discovery import modules
from mechgrok.training.presets.preset import Preset


def _found() -> dict[str, Preset]:
    named = {module.__name__.rpartition(".")[2].replace("_", "-"): vars(module).get("PRESET") for module in modules("training.presets")}
    return {name: preset for name, preset in named.items() if isinstance(preset, Preset)}


PRESETS = _found()
