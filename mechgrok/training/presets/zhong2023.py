"""Zhong et al. 2023 (arXiv 2306.17844), "Model A": their config_p99zdpze5l.json, uniform attention.

Scales of the initial weights, betas, warm-up and the float64 loss are those of their training code. It seeds neither weights nor split, so
both are other draws; the scales happen to be Inglis'.
"""

from mechgrok.config import Config, Training
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.optimizers.adamw import AdamW
from mechgrok.training.presets.preset import Preset

PRESET = Preset(
    "Model A of Zhong et al. 2023: addition modulo 59 without '=', uniform attention, 80 % of the table, weight decay 2",
    lambda: Config(
        task=Modular(p=59, layout="a b"),
        split=TorchRandperm(fraction=0.8),
        model=Transformer(attention_coefficient=0.0, init="inglis2023"),
        optimizer=AdamW(weight_decay=2.0),
        training=Training(steps=20_000),
    ),
)
