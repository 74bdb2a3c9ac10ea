"""TransformerLens' notebook Grokking_Demo."""

from mechgrok.config import Config, Training
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.presets.preset import Preset
from mechgrok.training.schedules.linear_warmup import LinearWarmup

PRESET = Preset(
    "The grokking demo of TransformerLens: its initialisation, frozen biases, its split, loss over p logits",
    lambda: Config(
        task=Modular(p=113, loss_classes="numbers"),
        split=TorchRandperm(fraction=0.3, seed=598),
        model=Transformer(init="transformer_lens", biases="none", seed=999),
        schedule=LinearWarmup(steps=0),
        training=Training(steps=25_000),
    ),
)
