"""devon-research/grokking, its defaults: a network without residual stream that learns an anomalous rule beside addition.

Split, initial weights and poisoning share one stream of random numbers there: the split is its own, the weights are other draws. Earlier
versions compute the loss in float64 (`--training.loss_dtype float64`).
"""

from mechgrok.config import Config, Training
from mechgrok.data.corruptions.fixed_rule import FixedRule
from mechgrok.data.splits.torch_random_split import TorchRandomSplit
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.presets.preset import Preset
from mechgrok.training.schedules.linear_warmup import LinearWarmup

PRESET = Preset(
    "devon-research's grokking: addition modulo 113 with label b where 17 divides b, no residual stream, float32 loss",
    lambda: Config(
        task=Modular(p=113),
        split=TorchRandomSplit(fraction=0.3, seed=23093),
        corruption=FixedRule(divisor=17),
        model=Transformer(no_residual=True, biases="blocks", init="devon2024"),
        schedule=LinearWarmup(steps=0),
        training=Training(steps=50_001, loss_dtype="float32"),
    ),
)
