"""Furuta et al. 2024 (arXiv 2402.16726), addition from scratch.

Only the split is seeded there, so the weights are other draws in its scales. Its code takes operands from the whole vocabulary (102
numbers, 3121 train rows); the paper's table, taken here, has 97 numbers and 2822 train rows.
"""

from mechgrok.config import Checkpoints, Config, Training
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.presets.preset import Preset
from mechgrok.training.schedules.linear_warmup import LinearWarmup

PRESET = Preset(
    "Furuta et al. 2024: addition modulo 97 with an operator token, no positions, no biases, 30 % of the table",
    lambda: Config(
        task=Modular(p=97, layout="a op b"),
        split=PythonShuffle(fraction=0.3, seed=0),
        model=Transformer(positions="none", biases="none", init="furuta2024"),
        schedule=LinearWarmup(steps=0),
        training=Training(steps=100_000),
        checkpoints=Checkpoints(every=2_000),
    ),
)
