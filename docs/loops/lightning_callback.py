"""Lightning's Trainer, recorded by a callback."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Any

import lightning as L
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import mechgrok  # mechgrok

OUT, P, STEPS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Net(nn.Module):
    """A perceptron on two embeddings side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(P, 32)
        self.mlp = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, P))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits (batch, P)."""
        return self.mlp(self.tok_emb(tokens).flatten(1))


class Learner(L.LightningModule):
    """The network with its loss and optimiser."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net()

    def training_step(self, batch: Any, index: int) -> torch.Tensor:
        """The loss of a batch."""
        tokens, labels = batch
        return F.cross_entropy(self.net(tokens), labels)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW."""
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


class Recording(L.Callback):  # mechgrok
    """Records after each batch."""  # mechgrok

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:  # mechgrok
        """The number of updates so far is `trainer.global_step`."""  # mechgrok
        recorder(trainer.global_step, train_loss=outputs["loss"])  # mechgrok


torch.manual_seed(0)
x = torch.cartesian_prod(torch.arange(P), torch.arange(P))
train_rows = torch.randperm(len(x))[: len(x) // 2]
loader = DataLoader(TensorDataset(x[train_rows], x[train_rows].sum(1) % P), batch_size=64, shuffle=True)
learner, callbacks = Learner(), list[Any]()

callbacks.append(Recording())  # mechgrok
recording: Any = nullcontext()
recording = mechgrok.record(learner.net, mechgrok.tasks.Modular(p=P, layout="a b"), OUT, is_train=train_rows)  # mechgrok
with recording as recorder:
    trainer = L.Trainer(max_steps=STEPS, callbacks=callbacks, logger=False, enable_checkpointing=False, enable_progress_bar=False)
    trainer.fit(learner, loader)
