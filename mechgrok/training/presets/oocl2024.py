"""aisc_oocl_mod_experiments, `grokking.py`: the pre-training on sums of squares that its README calls fast (p = 109).

Nothing is seeded there, so split, weights and batches are other draws. Its validations use one batch each; here they use all held-out
rows, so the stop depends less on chance. It takes up to 1e8 steps.
"""

from mechgrok.config import Checkpoints, Config, Stop, Training
from mechgrok.data.splits.torch_threshold import TorchThreshold
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular
from mechgrok.training.optimizers.adamw import AdamW
from mechgrok.training.presets.preset import Preset
from mechgrok.training.schedules.linear_warmup import LinearWarmup

PRESET = Preset(
    "Pre-training of aisc_oocl_mod_experiments: sums of squares modulo 109, two attention-only layers, until the test loss is small",
    lambda: Config(
        task=Modular(operation="add-squares", p=109, layout="a b = c"),
        split=TorchThreshold(test_fraction=0.1),
        model=Transformer(
            layers=2, attn_only=True, normalization="LN", d_head=128, d_mlp=256, n_ctx=5, biases="all", init="transformer_lens"
        ),
        optimizer=AdamW(weight_decay=0.1),
        schedule=LinearWarmup(steps=1_000),
        training=Training(
            steps=100_000_000,
            batch=128,
            sampling="replacement",
            loss_dtype="float32",
            clip_norm=1.0,
            evaluate_every=100,
            stop=Stop(test_loss_below=0.005),
        ),
        checkpoints=Checkpoints(every=500_000),
    ),
)
