"""Ready-made configs by name, one file each: the settings of a source under its own name. The file's name is the preset's.

The file's docstring states which values the source leaves open or which differ here.
"""

from __future__ import annotations

from mechgrok.discovery import modules
from mechgrok.training.presets.preset import Preset


def _found() -> dict[str, Preset]:
    named = {module.__name__.rpartition(".")[2].replace("_", "-"): vars(module).get("PRESET") for module in modules("training.presets")}
    return {name: preset for name, preset in named.items() if isinstance(preset, Preset)}


PRESETS = _found()
