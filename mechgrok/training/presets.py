"""Ready-made configs, by name. The first sentence of each entry's text is what `mechgrok list presets` shows."""

from __future__ import annotations

from mechgrok.config import Checkpoints, Config, Training
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.optimizers.adamw import AdamW
from mechgrok.training.schedules.linear_warmup import LinearWarmup

PRESETS: dict[str, Config] = {
    "nanda2023": Config(
        task=Modular(p=113),
        split=PythonShuffle(fraction=0.3, seed=0),
        model=Transformer(),
    ),
    "demo": Config(
        task=Modular(p=59),
        split=PythonShuffle(fraction=0.4, seed=0),
        model=Transformer(),
        optimizer=AdamW(weight_decay=2.0),
        training=Training(steps=3_000),
        checkpoints=Checkpoints(every=100, log_spaced=20),
    ),
    "transformerlens-demo": Config(
        task=Modular(p=113, loss_classes="numbers"),
        split=TorchRandperm(fraction=0.3, seed=598),
        model=Transformer(init="transformer_lens", biases="none", seed=999),
        schedule=LinearWarmup(steps=0),
        training=Training(steps=25_000),
    ),
}

DESCRIPTIONS: dict[str, str] = {
    "nanda2023": "The mainline of Nanda et al. 2023: addition modulo 113, 30 % of the table, 40 000 steps",
    "demo": "Addition modulo 59, 40 % of the table, weight decay 2: groks within a minute or two on two cores",
    "transformerlens-demo": "The grokking demo of TransformerLens: its initialisation, frozen biases, its split, loss over p logits",
}
