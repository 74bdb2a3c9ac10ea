"""Networks in plain PyTorch as people write them, of any size; they share no code with mechgrok."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "quadratic": torch.square,
    "tanh": torch.tanh,
    "mish": lambda x: x * torch.tanh(F.softplus(x)),
    "elu": F.elu,
    "sin": torch.sin,
}


class Attention(nn.Module):
    """Self-attention whose projections lie in the file in one of several forms."""

    def __init__(
        self,
        width: int,
        heads: int,
        form: str,
        *,
        bias: bool = True,
        causal: bool = True,
        scale: float | None = None,
        groups: int | None = None,
        rotary: str | None = None,
        alibi: bool = False,
    ) -> None:
        super().__init__()
        self.alibi = alibi
        self.heads, self.form, self.causal, self.scale, self.groups, self.rotary = heads, form, causal, scale, groups or heads, rotary
        shared = width // heads * self.groups
        if form in ("blocks", "heads", "groups"):
            self.qkv, self.proj = nn.Linear(width, width + 2 * shared, bias=bias), nn.Linear(width, width, bias=bias)
        elif form == "separate":
            self.to_q, self.to_out = nn.Linear(width, width, bias=bias), nn.Linear(width, width, bias=bias)
            self.to_k, self.to_v = nn.Linear(width, shared, bias=bias), nn.Linear(width, shared, bias=bias)
        else:
            self.W_Q, self.W_K, self.W_V = (nn.Parameter(torch.randn(heads, width, width // heads) / width**0.5) for _ in range(3))
            self.W_O = nn.Parameter(torch.randn(heads, width // heads, width) / width**0.5)

    def forward(self, x: Tensor) -> Tensor:
        n, length, width = x.shape
        if self.form == "blocks" and self.groups == self.heads:
            q, k, v = self.qkv(x).view(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        elif self.form in ("blocks", "groups"):
            q, k, v = self.grouped(self.qkv(x), width // self.heads)
        elif self.form == "heads":
            q, k, v = self.qkv(x).view(n, length, self.heads, 3, -1).permute(3, 0, 2, 1, 4)
        elif self.form == "separate":
            q, k, v = (f(x).view(n, length, -1, width // self.heads).transpose(1, 2) for f in (self.to_q, self.to_k, self.to_v))
            k, v = (each[:, [head * self.groups // self.heads for head in range(self.heads)]] for each in (k, v))
        else:
            q, k, v = (torch.einsum("bpd,hde->bhpe", x, W) for W in (self.W_Q, self.W_K, self.W_V))
        if self.rotary:
            q, k = rotated(q, self.rotary), rotated(k, self.rotary)
        scores = q @ k.transpose(-1, -2) * (self.scale or 1 / math.sqrt(q.shape[-1]))
        if self.alibi:
            far = [
                [[(i - j) / 4 ** ((head + 1) * 4 / self.heads) for j in range(length)] for i in range(length)] for head in range(self.heads)
            ]
            scores = scores - torch.tensor(far).to(scores).abs()
        if self.causal:
            scores = scores.masked_fill(torch.ones(length, length).triu(1).bool(), -math.inf)
        z = scores.softmax(-1) @ v
        if self.form == "by head":
            return torch.einsum("bhpe,hed->bpd", z, self.W_O)
        z = z.transpose(1, 2).reshape(n, length, width)
        return (self.to_out if self.form == "separate" else self.proj)(z)

    def grouped(self, made: Tensor, d_head: int) -> list[Tensor]:
        """Queries, keys and values of every head, which lie after each other in the whole matrix, or in the part of each group."""
        each, cells = self.heads // self.groups, [cell.transpose(1, 2) for cell in made.split(d_head, -1)]
        if self.form == "groups":
            groups = [cells[i * (each + 2) : (i + 1) * (each + 2)] for i in range(self.groups)]
            parts = [[cell for group in groups for cell in group[:-2]], *([group[at] for group in groups] for at in (-2, -1))]
        else:
            parts = [cells[: self.heads], cells[self.heads : self.heads + self.groups], cells[self.heads + self.groups :]]
        q, k, v = (torch.stack([cell.transpose(1, 2) for cell in part], 1) for part in parts)
        return [q, *(part[:, [head // each for head in range(self.heads)]] for part in (k, v))]


def rotated(x: Tensor, kind: str) -> Tensor:
    """Each pair of entries turned by its angle, as a complex number: neighbours, or entries i and i + half."""
    length, d_head = x.shape[-2:]
    angle = torch.arange(length, dtype=x.dtype)[:, None] * 10000 ** (-torch.arange(0, d_head, 2, dtype=x.dtype) / d_head)
    pairs = x.unflatten(-1, (-1, 2)) if kind == "pairs" else x.unflatten(-1, (2, -1)).transpose(-1, -2)
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * torch.polar(torch.ones_like(angle), angle).to(torch.complex64))
    return turned.flatten(-2) if kind == "pairs" else turned.transpose(-1, -2).flatten(-2)


class AnnotatedNorm(nn.Module):
    """The norm of the Annotated Transformer: over the standard deviation with d_model - 1, plus eps."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a_2, self.b_2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        return self.a_2 * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-6) + self.b_2


class Block(nn.Module):
    def __init__(
        self,
        width: int,
        heads: int,
        neurons: int,
        form: str,
        norm: type[nn.Module] | None,
        act: str,
        post: bool,
        gate: str | None = None,
        **how,
    ) -> None:
        super().__init__()
        self.attn, self.post, self.act = Attention(width, heads, form, **how), post, act
        if norm is not None:
            self.norm1, self.norm2 = norm(width), norm(width)
        self.gate = gate
        if gate == "three":
            self.w1, self.w2, self.w3 = nn.Linear(width, neurons), nn.Linear(neurons, width), nn.Linear(width, neurons)
        else:
            self.fc1, self.fc2 = nn.Linear(width, neurons * (2 if gate else 1)), nn.Linear(neurons, width)

    def forward(self, x: Tensor) -> Tensor:
        one, two = (getattr(self, name, nn.Identity()) for name in ("norm1", "norm2"))
        if self.post:
            x = one(x + self.attn(x))
            return two(x + self.mlp(x))
        x = x + self.attn(one(x))
        return x + self.mlp(two(x))

    def mlp(self, x: Tensor) -> Tensor:
        if self.gate == "three":
            return self.w2(ACTIVATIONS[self.act](self.w1(x)) * self.w3(x))
        if self.gate == "halves":
            value, gate = self.fc1(x).chunk(2, -1)
            return self.fc2(value * ACTIVATIONS[self.act](gate))
        return self.fc2(ACTIVATIONS[self.act](self.fc1(x)))


class Plain(nn.Module):
    """A transformer; `row` gives the tokens of a row, with "a" and "b" for the numbers."""

    def __init__(
        self,
        row: tuple[str | int, ...],
        p: int,
        *,
        width: int = 32,
        heads: int = 4,
        neurons: int = 64,
        layers: int = 1,
        form: str = "blocks",
        norm: type[nn.Module] | None = nn.LayerNorm,
        act: str = "relu",
        post: bool = False,
        final: bool = True,
        tied: bool = False,
        scaled: bool = False,
        read: int = -1,
        mean: bool = False,
        extra: int = 0,
        **how,
    ) -> None:
        super().__init__()
        self.row, self.p, self.scaled, self.read, self.mean = row, p, scaled, read, mean
        specials = [word for word in row if isinstance(word, int)]
        tokens = max([p - 1, *specials]) + 1 + extra
        self.tok_emb = nn.Embedding(tokens, width)
        self.pos_emb = 0.0 if how.get("rotary") or how.get("alibi") else nn.Parameter(torch.randn(len(row), width) * 0.3)
        self.blocks = nn.ModuleList(Block(width, heads, neurons, form, norm, act, post, **how) for _ in range(layers))
        if norm is not None and final:
            self.ln_f = norm(width)
        if not tied:
            self.head = nn.Linear(width, p, bias=False)

    def inputs(self) -> Tensor:
        a, b = torch.cartesian_prod(torch.arange(self.p), torch.arange(self.p)).T
        return torch.stack([a if word == "a" else b if word == "b" else torch.full_like(a, word) for word in self.row], 1)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tok_emb(tokens) * (math.sqrt(self.tok_emb.weight.shape[1]) if self.scaled else 1) + self.pos_emb
        for block in self.blocks:
            x = block(x)
        x = getattr(self, "ln_f", nn.Identity())(x)
        x = x.mean(1) if self.mean else x[:, self.read]
        return (self.head(x) if hasattr(self, "head") else x @ self.tok_emb.weight.T)[:, : self.p]


class Perceptron(nn.Module):
    """Embeddings of a and b side by side or added, then linear layers."""

    def __init__(self, p: int, widths: tuple[int, ...] = (64,), d_emb: int = 24, act: str = "relu", added: bool = False) -> None:
        super().__init__()
        self.p, self.act, self.added = p, act, added
        self.embed = nn.Embedding(p, d_emb)
        sizes = (d_emb if added else 2 * d_emb, *widths, p)
        self.layers = nn.ModuleList(nn.Linear(into, out) for into, out in pairwise(sizes))

    def inputs(self) -> Tensor:
        return torch.cartesian_prod(torch.arange(self.p), torch.arange(self.p))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens)
        x = x.sum(1) if self.added else x.flatten(1)
        for layer in self.layers[:-1]:
            x = ACTIVATIONS[self.act](layer(x))
        return self.layers[-1](x)


def trained(
    model: nn.Module,
    label: Callable[[Tensor, Tensor], Tensor],
    steps: int = 150,
    seed: int = 0,
    share: float = 1,
    decay: float = 0.1,
) -> nn.Module:
    """The model after some steps on all rows of its table, or on a random share of them."""
    torch.manual_seed(seed)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    a, b = torch.cartesian_prod(torch.arange(model.p), torch.arange(model.p)).T
    labels, optimizer = label(a, b) % model.p, torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=decay)
    rows = torch.randperm(len(labels))[: round(share * len(labels))] if share < 1 else torch.arange(len(labels))
    for _ in range(steps):
        loss = F.cross_entropy(model(model.inputs()[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def facts(model: nn.Module, label: Callable[[Tensor, Tensor], Tensor]) -> tuple[float, float]:
    """Loss and accuracy over all rows in float64."""
    a, b = torch.cartesian_prod(torch.arange(model.p), torch.arange(model.p)).T
    with torch.no_grad():
        logits = model.double()(model.inputs())
        model.float()
    labels = label(a, b) % model.p
    return float(F.cross_entropy(logits, labels)), float((logits.argmax(1) == labels).double().mean())
