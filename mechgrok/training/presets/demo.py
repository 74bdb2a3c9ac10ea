"""What `mechgrok demo` trains: the network of Nanda et al. 2023 on a smaller table."""

from mechgrok.config import Checkpoints, Config, Training
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.optimizers.adamw import AdamW
from mechgrok.training.presets.preset import Preset

PRESET = Preset(
    "Addition modulo 59, 40 % of the table, weight decay 2: groks within a minute or two on two cores",
    lambda: Config(
        task=Modular(p=59),
        split=PythonShuffle(fraction=0.4, seed=0),
        model=Transformer(),
        optimizer=AdamW(weight_decay=2.0),
        training=Training(steps=3_000),
        checkpoints=Checkpoints(every=100, log_spaced=20),
    ),
)
