"""RoganInglis/grokking-experiments, which repeats Nanda et al. 2023.

Its seed of 42 goes to several draws before the weights, so the split is its own and the initial weights are other draws in its scales.
Its softmax1 is `--model.softmax softmax1` here; there a slip in precedence makes every weight larger than 1.
"""

from mechgrok.config import Checkpoints, Config, Training
from mechgrok.data.splits.numpy_shuffle import NumpyShuffle
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.presets.preset import Preset
from mechgrok.training.schedules.linear_warmup import LinearWarmup

PRESET = Preset(
    "Inglis' repetition of Nanda et al. 2023: numpy's split, its scales of the initial weights, no warm-up, 50 000 steps",
    lambda: Config(
        task=Modular(p=113),
        split=NumpyShuffle(fraction=0.3, seed=42),
        model=Transformer(init="inglis2023"),
        schedule=LinearWarmup(steps=0),
        training=Training(steps=50_000),
        checkpoints=Checkpoints(every=500),
    ),
)
