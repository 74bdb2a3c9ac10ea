"""aisc_oocl_mod_experiments, `oocl.py`: what follows the pre-training, as its README means it, with the faults of its code put right.

The code's own run never loads the pre-trained embeddings, sees one row a step, and defines the second stage's unreliable aliases wrongly;
wrong definitions may be right by chance, and half of the answers are aliases at random. Here, as in the control run that was measured for
this project: weights are loaded (mechgrok finetune), batches have 128 rows, wrong definitions are derangements, answers are integers. It
takes 10 000 and 500 epochs, here 1200 and 400 steps: held-out questions are answered long before.
"""

from mechgrok.config import Checkpoints, Config, Start, Training
from mechgrok.data.splits.designed import Designed
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.aliases import Aliases
from mechgrok.training.optimizers.adamw import AdamW
from mechgrok.training.presets.preset import Preset
from mechgrok.training.schedules.linear_warmup import LinearWarmup

PRESET = Preset(
    "Fine-tuning of aisc_oocl_mod_experiments: aliases of integers modulo 109, defined and asked about, in two stages",
    lambda: Config(
        task=Aliases(),
        split=Designed(),
        model=Transformer(
            layers=2, attn_only=True, normalization="LN", d_head=128, d_mlp=256, n_ctx=5, biases="all", init="transformer_lens"
        ),
        start=Start(load=("all",)),
        optimizer=AdamW(weight_decay=0.1),
        schedule=LinearWarmup(steps=0),
        training=Training(
            steps=1_600,
            batch=128,
            sampling="replacement",
            switch_at=(1_200,),
            rehearsal=0.25,
            loss_dtype="float32",
            clip_norm=1.0,
            evaluate_every=100,
        ),
        checkpoints=Checkpoints(every=100, log_spaced=0),
    ),
)
