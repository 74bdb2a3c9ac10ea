"""The fastest stable recipe of `analyses/faster_groks_113.py`, on the task, split and network of Nanda et al. 2023.

Optimiser and schedule are ours, of no source. Training ends once all test rows have been right at three evaluations.
"""

from mechgrok.config import Checkpoints, Config, Stop, Training
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.optimizers.adamw import AdamW
from mechgrok.training.presets.preset import Preset
from mechgrok.training.schedules.cosine import Cosine

PRESET = Preset(
    "Addition modulo 113 as in nanda2023, by a faster recipe: rate .01 falling, decay 2.5; groks within some 300 steps",
    lambda: Config(
        task=Modular(p=113),
        split=PythonShuffle(fraction=0.3, seed=0),
        model=Transformer(),
        optimizer=AdamW(lr=0.01, weight_decay=2.5, betas=(0.9, 0.95)),
        schedule=Cosine(length=800),
        training=Training(steps=800, evaluate_every=10, stop=Stop(accuracy=1.0)),
        checkpoints=Checkpoints(every=20, log_spaced=0),
    ),
)
