"""Logs in the layout of Lightning's: a row of training, a row of validation, each with its own step and empty cells for the other."""

from __future__ import annotations

from pathlib import Path

HEAD = "batches_per_epoch,epoch,len_train_ds,len_val_ds,step,train_accuracy,train_loss,val_accuracy,val_loss"
PERCENT = {"train": (30.0, 96.0, 99.5, 100.0, 100.0, 100.0, 100.0), "val": (1.0, 2.0, 1.5, 40.0, 95.0, 99.25, 99.75)}
"""Train passes 95 and 99 % at its second and third reading, validation at its fifth and sixth."""
TRAIN_STEPS, VAL_STEPS = ([10**n + offset for n in range(7)] for offset in (2, 4))
SIZES = (20, 29)
"""Together 7 x 7."""
SETTINGS = """anneal_lr: false
batchsize: 0
checkpoint_path: /home/author/checkpoints
ckpt_epoch: '0'
d_key: 32.0
math_operator: +
max_lr: 0.001
max_epochs: null
train_data_pct: 40.0
weight_decay: 1e-1
"""


def log(folder: Path, settings: str | None = None, sizes: tuple[int, int] | None = SIZES) -> Path:
    """A metrics.csv of fourteen rows in a new folder, with hparams.yaml beside it where there are settings."""
    folder.mkdir(parents=True)
    lines = [HEAD]
    for at, (train, val) in enumerate(zip(*PERCENT.values(), strict=True)):
        lines.append(
            f"8.0,{at},{sizes[0]}.0,{sizes[1]}.0,{TRAIN_STEPS[at]},{train},{5 - at / 2},,"
            if sizes
            else f"8.0,{at},,,{TRAIN_STEPS[at]},{train},{5 - at / 2},,"
        )
        lines.append(f",{at},,,{VAL_STEPS[at]},,,{val},{7 - at}")
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    if settings is not None:
        (folder / "hparams.yaml").write_text(settings)
    return folder / "metrics.csv"
