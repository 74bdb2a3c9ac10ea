"""Nanda et al. 2023 (arXiv 2301.05217), sections 3 and 4 and released code."""

from mechgrok.config import Config
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.presets.preset import Preset

PRESET = Preset(
    "The mainline of Nanda et al. 2023: addition modulo 113, 30 % of the table, 40 000 steps",
    lambda: Config(
        task=Modular(p=113),
        split=PythonShuffle(fraction=0.3, seed=0),
        model=Transformer(),
    ),
)
