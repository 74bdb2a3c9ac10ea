"""Power et al. 2022 (arXiv 2201.02177), figure 1 and appendix A.1.2: division on half of the table.

Network and loop are those of openai/grok, weight decay 1 the paper's (the code's default is 0). Left open, or other than there: the code
lists the quotients in another order, so the rows of the split are others; it also trains the end of the text that follows the answer.
"""

from mechgrok.config import Checkpoints, Config, Training
from mechgrok.data.splits.numpy_shuffle import NumpyShuffle
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.presets.preset import Preset

PRESET = Preset(
    "Power et al. 2022: division modulo 97 on half of the table, whole equations, two post-norm blocks, weight decay 1",
    lambda: Config(
        task=Modular(operation="divide", p=97, layout="openai equation"),
        split=NumpyShuffle(fraction=0.5, seed=0, rounding="nearest"),
        model=Transformer(layers=2, normalization="post", positions="sinusoidal", biases="none", init="power2022"),
        training=Training(steps=100_000, batch="auto", loss_dtype="float32"),
        checkpoints=Checkpoints(every=1_000),
    ),
)
