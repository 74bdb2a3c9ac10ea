"""The loop of TransformerLens' grokking demo (neelnanda-io, Grokking_Demo.ipynb), recorded. Its run needs no module later."""

from __future__ import annotations

import sys

import torch
from transformer_lens import HookedTransformer, HookedTransformerConfig

import mechgrok  # mechgrok

OUT, P, EPOCHS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

a, b = torch.cartesian_prod(torch.arange(P), torch.arange(P)).T
dataset = torch.stack([a, b, torch.full_like(a, P)], dim=1)
labels = (a + b) % P
torch.manual_seed(598)
indices = torch.randperm(P * P)
train_indices, test_indices = indices[: int(P * P * 0.3)], indices[int(P * P * 0.3) :]
config = HookedTransformerConfig(
    n_layers=1, n_heads=4, d_model=32, d_head=8, d_mlp=64, act_fn="relu", normalization_type=None, d_vocab=P + 1, d_vocab_out=P, n_ctx=3,
    init_weights=True, device="cpu", seed=999,
)  # fmt: skip
model = HookedTransformer(config)
for name, parameter in model.named_parameters():
    if "b_" in name:
        parameter.requires_grad = False
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1.0, betas=(0.9, 0.98))


def loss_fn(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy at the last position, in double precision."""
    log_probs = logits[:, -1].to(torch.float64).log_softmax(dim=-1)
    return -log_probs.gather(dim=-1, index=labels[:, None])[:, 0].mean()


task = mechgrok.tasks.Modular(p=P)  # mechgrok
with mechgrok.record(model, task, OUT, is_train=train_indices, every=100) as recorder:  # mechgrok
    for epoch in range(EPOCHS):
        train_loss = loss_fn(model(dataset[train_indices]), labels[train_indices])
        train_loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        with torch.inference_mode():
            test_loss = loss_fn(model(dataset[test_indices]), labels[test_indices])
        recorder(epoch + 1, train_loss=train_loss, test_loss=test_loss)  # mechgrok
