"""A loop in plain PyTorch, recorded."""

from __future__ import annotations

import sys

import torch
import torch.nn.functional as F
from torch import nn

import mechgrok  # mechgrok

OUT, P, STEPS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Net(nn.Module):
    """A perceptron on two embeddings side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(P, 64)
        self.fc1, self.act, self.fc2 = nn.Linear(128, 256), nn.ReLU(), nn.Linear(256, P)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits (batch, P) of tokens (batch, 2)."""
        return self.fc2(self.act(self.fc1(self.tok_emb(tokens).flatten(1))))


torch.manual_seed(0)
x = torch.cartesian_prod(torch.arange(P), torch.arange(P))
y = (x[:, 0] + x[:, 1]) % P
is_train = torch.rand(len(x)) < 0.5
model = Net()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1.0)

task = mechgrok.tasks.Modular(p=P, layout="a b")  # mechgrok
with mechgrok.record(model, task, OUT, is_train=is_train) as recorder:  # mechgrok
    for step in range(1, STEPS + 1):
        loss = F.cross_entropy(model(x[is_train]), y[is_train])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        recorder(step, train_loss=loss)  # mechgrok
