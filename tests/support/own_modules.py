"""Modules as users write them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PlainTransformer(nn.Module):
    """One block with fused qkv, dropout on the attention pattern, a linear head with a bias, read at the last position."""

    def __init__(self, p: int, d: int = 16, heads: int = 2, width: int = 24, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.heads = heads
        self.tok_emb = nn.Embedding(p + 1, d)
        self.pos = nn.Parameter(0.1 * torch.randn(3, d))
        self.qkv, self.o = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.attn_drop = nn.Dropout(0.2)
        self.net = nn.Sequential(nn.Linear(d, width), nn.ReLU(), nn.Linear(width, d))
        self.head = nn.Linear(d, p)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tok_emb(tokens) + self.pos
        batch, length, d = x.shape
        q, k, v = (z.view(batch, length, self.heads, -1).transpose(1, 2) for z in self.qkv(x).chunk(3, -1))
        pattern = self.attn_drop((q @ k.transpose(-1, -2) / (d / self.heads) ** 0.5).softmax(-1))
        x = x + self.o((pattern @ v).transpose(1, 2).reshape(batch, length, d))
        return self.head(x + self.net(x))


class Softened(PlainTransformer):
    """The same with bounded logits, a function that mechgrok has not."""

    def forward(self, tokens: Tensor) -> Tensor:
        return 10 * torch.tanh(super().forward(tokens) / 10)


NAMES = {
    "embed.W_E": "tok_emb.weight",
    "unembed.W_U": "head.weight",
    "blocks.0.mlp.hook_pre": "net.0",
    "blocks.0.mlp.hook_post": "net.1",
    "blocks.0.mlp.W_out": "net.2.weight",
    "blocks.0.attn.hook_pattern": "attn_drop",
}
"""Of PlainTransformer."""


class OneHotPerceptron(nn.Module):
    """Two one-hot numbers side by side, made in single precision, then relu without a submodule of its own."""

    def __init__(self, p: int, width: int = 20, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.p = p
        self.fc1, self.fc2 = nn.Linear(2 * p, width), nn.Linear(width, p)

    def forward(self, tokens: Tensor) -> Tensor:
        hot = F.one_hot(tokens[:, :2], self.p).float().flatten(1)
        return self.fc2(F.relu(self.fc1(hot)))


OF_PERCEPTRON = {"embed.W_E": "fc1.weight", "blocks.0.mlp.hook_post": "fc2.input", "unembed.W_U": "fc2.weight"}
"""Names of OneHotPerceptron."""
