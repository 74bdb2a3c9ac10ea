"""tnediserp/MIML-grokking, a fork of openai/grok, its defaults with half of the table.

Its rows are those of the source; weights and batches are other draws. Its vocabulary keeps the tokens of the fork's other tasks.
"""

from mechgrok.config import Checkpoints, Config, Training
from mechgrok.data.splits.numpy_shuffle import NumpyShuffle
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.optimizers.adamw import AdamW
from mechgrok.training.presets.preset import Preset

PRESET = Preset(
    "MIML-grokking: addition modulo 97 on half of the table, two post-norm blocks, mean over the operands, dropout .1",
    lambda: Config(
        task=Modular(p=97, layout="openai operands"),
        split=NumpyShuffle(fraction=0.5, seed=0, rounding="nearest"),
        model=Transformer(
            layers=2,
            normalization="post",
            positions="sinusoidal",
            pooling="mean",
            mlp_dropout=0.1,
            biases="none",
            init="power2022",
        ),
        optimizer=AdamW(weight_decay=0.1),
        training=Training(steps=100_000, batch="auto", loss_dtype="float32"),
        checkpoints=Checkpoints(every=1_000),
    ),
)
