"""Prints a digest of the bytes of all gradients of a training step with two threads; takes the arguments of an Architecture."""

from __future__ import annotations

import ast
import hashlib
import sys

import torch

from mechgrok.maths.losses import cross_entropy
from mechgrok.models.architecture import Architecture
from mechgrok.models.fast_forward import Batch, logits


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


def main(shape: Architecture) -> None:
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(2)
    torch.manual_seed(0)
    weights = {name: torch.randn(size, requires_grad=True) for name, size in parameter_shapes(shape).items()}
    pairs = torch.cartesian_prod(torch.arange(113), torch.arange(113))[torch.randperm(113**2)[:3830]]
    tokens = torch.cat([pairs, torch.full((3830, 1), 113)], dim=1)
    cross_entropy(logits(weights, shape, Batch.of(tokens)), pairs.sum(1) % 113).backward()
    gradients = [tensor.grad for tensor in weights.values() if tensor.grad is not None]
    print(hashlib.sha256(b"".join(gradient.numpy().tobytes() for gradient in gradients)).hexdigest())


if __name__ == "__main__":
    main(Architecture(*ast.literal_eval(sys.argv[1])))
