"""Prints digests of the bytes of all gradients of a training step with two threads, in torch's modes: `deterministic`, `free`, or both."""

from __future__ import annotations

import hashlib
import sys

import torch

from mechgrok.maths.landscape.losses import cross_entropy
from mechgrok.models.architecture import Architecture
from mechgrok.models.forward.fast_forward import Batch, logits

SHAPES = (
    Architecture(1, 4, 128, 32, 512, 114, 114, 3, "relu", None, False),
    Architecture(2, 4, 64, 16, 64, 114, 113, 3, "gelu", "LN", False),
)


def parameter_shapes(shape: Architecture) -> dict[str, tuple[int, ...]]:
    """The parameters of a HookedTransformer, written down here so that this need not import the library."""
    inner, model = (shape.heads, shape.d_model, shape.d_head), shape.d_model
    shapes: dict[str, tuple[int, ...]] = {"embed.W_E": (shape.d_vocab, model), "pos_embed.W_pos": (shape.n_ctx, model)}
    for block in (f"blocks.{layer}" for layer in range(shape.layers)):
        shapes |= {f"{block}.attn.W_{letter}": inner for letter in "QKV"} | {f"{block}.attn.b_{letter}": inner[::2] for letter in "QKV"}
        shapes |= {f"{block}.attn.W_O": (shape.heads, shape.d_head, model), f"{block}.attn.b_O": (model,)}
        shapes |= {f"{block}.{name}": (model,) for name in ("ln1.w", "ln1.b", "ln2.w", "ln2.b")}
        shapes |= {f"{block}.mlp.W_in": (model, shape.d_mlp), f"{block}.mlp.b_in": (shape.d_mlp,)}
        shapes |= {f"{block}.mlp.W_out": (shape.d_mlp, model), f"{block}.mlp.b_out": (model,)}
    shapes |= {"ln_final.w": (model,), "ln_final.b": (model,)}
    return shapes | {"unembed.W_U": (model, shape.d_vocab_out), "unembed.b_U": (shape.d_vocab_out,)}


def gradients(shape: Architecture) -> bytes:
    """Of one step on 3830 of the pairs modulo 113."""
    torch.manual_seed(0)
    weights = {name: torch.randn(size, requires_grad=True) for name, size in parameter_shapes(shape).items()}
    pairs = torch.cartesian_prod(torch.arange(113), torch.arange(113))[torch.randperm(113**2)[:3830]]
    tokens = torch.cat([pairs, torch.full((3830, 1), 113)], dim=1)
    cross_entropy(logits(weights, shape, Batch.of(tokens)), pairs.sum(1) % 113).backward()
    return b"".join(tensor.grad.numpy().tobytes() for tensor in weights.values() if tensor.grad is not None)


if __name__ == "__main__":
    torch.set_num_threads(2)
    for mode in sys.argv[1:]:
        torch.use_deterministic_algorithms(mode == "deterministic")
        print(hashlib.sha256(b"".join(gradients(shape) for shape in SHAPES for _ in range(4))).hexdigest())
