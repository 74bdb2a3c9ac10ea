"""One training step of the paper's network (p = 113, 3830 pairs): HookedTransformer, fast forward pass, and bare matrix products.

`python benchmarks/training_step.py [rounds]` runs the three in turn in one process and prints medians and the medians of their ratios.
A step is forward, float64 cross-entropy, backward and AdamW, in float32 with two threads. The bare products are those that the step cannot
do without, for each the forward product and the two of its backward pass, into arrays that exist already: nothing else is computed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from statistics import median

import torch
from torch import Tensor

from mechgrok.maths.losses import cross_entropy
from mechgrok.models.allocation import keep_freed_memory
from mechgrok.models.fast_forward import Batch, logits
from mechgrok.models.transformer import Transformer
from mechgrok.tasks.modular import Modular

ROWS, P, D_MODEL, D_MLP, D_VOCAB = 3830, 113, 128, 512, 114
TOKENS = 2 * P + 1

Shape = tuple[int, int, int]
TABLES: dict[str, Shape] = {"x W_K": (TOKENS, D_MODEL, D_MODEL), "x W_V": (TOKENS, D_MODEL, D_MODEL), "x W_Q": (1, D_MODEL, D_MODEL)}
MERGED: dict[str, Shape] = TABLES | {
    "W_O W_in": (D_MODEL, D_MODEL, D_MLP),
    "W_O W_U": (D_MODEL, D_MODEL, D_VOCAB),
    "W_out W_U": (D_MLP, D_MODEL, D_VOCAB),
    "z (W_O W_in)": (ROWS, D_MODEL, D_MLP),
    "z (W_O W_U)": (ROWS, D_MODEL, D_VOCAB),
    "neurons (W_out W_U)": (ROWS, D_MLP, D_VOCAB),
}
APART: dict[str, Shape] = TABLES | {
    "z W_O": (ROWS, D_MODEL, D_MODEL),
    "resid_mid W_in": (ROWS, D_MODEL, D_MLP),
    "neurons W_out": (ROWS, D_MLP, D_MODEL),
    "resid_post W_U": (ROWS, D_MODEL, D_VOCAB),
}


def training_data() -> tuple[Tensor, Tensor]:
    """A random 30 per cent of all pairs, and their labels."""
    task = Modular(p=P)
    rows = torch.randperm(P * P, generator=torch.Generator().manual_seed(0))[:ROWS]
    return torch.from_numpy(task.inputs())[rows], torch.from_numpy(task.labels())[rows]


def steps() -> dict[str, Callable[[], None]]:
    """The two training steps, each with a network of its own."""
    tokens, labels = training_data()
    spec, task = Transformer(), Modular(p=P)
    plain, fast, shape, batch = spec.build(task), spec.build(task), spec.architecture(task), Batch.of(tokens)
    weights = dict(fast.named_parameters())
    return {
        "HookedTransformer": _step(plain, lambda: plain(tokens)[:, -1], labels),
        "fast forward": _step(fast, lambda: logits(weights, shape, batch), labels),
    }


def _step(model: torch.nn.Module, forward: Callable[[], Tensor], labels: Tensor) -> Callable[[], None]:
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=1.0, betas=(0.9, 0.98), fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        cross_entropy(forward(), labels).backward()
        optimizer.step()

    return step


def bare(products: Mapping[str, Shape]) -> Callable[[], None]:
    """The forward product and both backward products of each shape (rows, inner, columns)."""
    made = [
        (torch.randn(m, k), torch.randn(k, n), torch.randn(m, n), torch.empty(m, k), torch.empty(k, n), torch.empty(m, n))
        for m, k, n in products.values()
    ]

    def run() -> None:
        for left, right, upstream, to_left, to_right, out in made:
            torch.mm(left, right, out=out)
            torch.mm(upstream, right.T, out=to_left)
            torch.mm(left.T, upstream, out=to_right)

    return run


def measure(candidates: Mapping[str, Callable[[], None]], rounds: int, warm_up: int = 5) -> dict[str, list[float]]:
    """Seconds of each candidate in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(warm_up + rounds):
        times = [time.perf_counter()]
        for run in candidates.values():
            run()
            times.append(time.perf_counter())
        if turn >= warm_up:
            for name, (start, end) in zip(candidates, pairwise(times), strict=True):
                seconds[name].append(end - start)
    return seconds


def report(seconds: Mapping[str, list[float]]) -> None:
    """Prints the shapes, the medians and the ratios."""
    for title, products in (("merged", MERGED), ("apart", APART)):
        print(f"bare products, {title}: {sum(m * k * n for m, k, n in products.values()) * 6e-9:.2f} GFLOP in three products each")
        print("".join(f"    {name:<20} {m:>5} x {k} x {n}\n" for name, (m, k, n) in products.items()))
    for name, times in seconds.items():
        print(f"{name:<24} {median(times) * 1e3:8.2f} ms   (least {min(times) * 1e3:.2f})")
    fast = seconds["fast forward"]
    for name, over in (("HookedTransformer / fast forward", (seconds["HookedTransformer"], fast)),
                       ("fast forward / bare, merged", (fast, seconds["bare, merged"])),
                       ("fast forward / bare, apart", (fast, seconds["bare, apart"]))):  # fmt: skip
        print(f"{name:<34} {median(a / b for a, b in zip(*over, strict=True)):.2f}")


if __name__ == "__main__":
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(2)
    keep_freed_memory()
    report(measure(steps() | {"bare, merged": bare(MERGED), "bare, apart": bare(APART)}, int(sys.argv[1]) if len(sys.argv) > 1 else 40))
