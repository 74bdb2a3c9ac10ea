"""A training loop in plain PyTorch that is recorded, and goes on where it was killed."""

from __future__ import annotations

import sys

import torch

import mechgrok
from mechgrok.errors import UserError

P = 5
TASK = mechgrok.tasks.Table(rows=[[a, b] for a in range(P) for b in range(P)], labels=[(a + b) % P for a in range(P) for b in range(P)])


def command(words: list[str]) -> int:
    """Trains a network for a number of steps, recorded in the folder `run`; ends as a script would."""
    try:
        _loop(int(words[0]))
    except UserError as error:
        print(f"script: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _loop(steps: int) -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Embedding(P, 8), torch.nn.Flatten(), torch.nn.Linear(16, 24), torch.nn.ReLU(), torch.nn.Linear(24, P)
    )
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.01)
    rows, labels = torch.from_numpy(TASK.inputs()), torch.from_numpy(TASK.labels())
    recording = mechgrok.record(module, TASK, "run", is_train=range(15), optimizer=optimizer, every=3, log_spaced=0, metrics_every=2)
    with recording as recorder:
        for step in range(recorder.restore() or 1, steps + 1):
            loss = torch.nn.functional.cross_entropy(module(rows[:15]), labels[:15])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder(step, train_loss=loss)
