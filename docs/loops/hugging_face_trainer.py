"""The Trainer of Hugging Face's transformers, recorded by a callback."""

from __future__ import annotations

import sys
import tempfile
from contextlib import nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import Trainer, TrainerCallback, TrainingArguments

import mechgrok  # mechgrok

OUT, P, STEPS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Net(nn.Module):
    """A perceptron on two embeddings side by side, with the output of a model of transformers."""

    def __init__(self) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(P, 32)
        self.mlp = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, P))

    def forward(self, input_ids: torch.Tensor, labels: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """Logits (batch, P), and the loss where there are labels."""
        logits = self.mlp(self.tok_emb(input_ids).flatten(1))
        return {"logits": logits} if labels is None else {"loss": F.cross_entropy(logits, labels), "logits": logits}


class Recording(TrainerCallback):  # mechgrok
    """Records after each step."""  # mechgrok

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # mechgrok
        """The number of updates so far is `state.global_step`."""  # mechgrok
        recorder(state.global_step)  # mechgrok


torch.manual_seed(0)
x = torch.cartesian_prod(torch.arange(P), torch.arange(P))
train_rows = torch.randperm(len(x))[: len(x) // 2]
dataset = [{"input_ids": x[row], "labels": x[row].sum() % P} for row in train_rows]
model, callbacks = Net(), list[Any]()
arguments = TrainingArguments(
    tempfile.mkdtemp(), max_steps=STEPS, per_device_train_batch_size=64, report_to=[], save_strategy="no", disable_tqdm=True, use_cpu=True
)

callbacks.append(Recording())  # mechgrok
recording: Any = nullcontext()
recording = mechgrok.record(model, mechgrok.tasks.Modular(p=P, layout="a b"), OUT, is_train=train_rows)  # mechgrok
with recording as recorder:
    Trainer(model=model, args=arguments, train_dataset=dataset, callbacks=callbacks).train()
