"""As much of Lightning as the example uses: callbacks are called as its documentation has it. Only where Lightning is not installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


class LightningModule(nn.Module):
    pass


class Callback:
    pass


class Trainer:
    def __init__(self, max_steps: int, callbacks: Iterable[Any], **_: Any) -> None:
        self.max_steps, self.callbacks, self.global_step = max_steps, callbacks, 0

    def fit(self, module: Any, loader: Iterable[Any]) -> None:
        optimizer = module.configure_optimizers()
        module.train()
        while self.global_step < self.max_steps:
            for index, batch in enumerate(loader):
                if self.global_step == self.max_steps:
                    return
                loss = module.training_step(batch, index)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                self.global_step += 1
                for callback in self.callbacks:
                    if hasattr(callback, "on_train_batch_end"):
                        callback.on_train_batch_end(self, module, {"loss": torch.as_tensor(loss.detach())}, batch, index)
