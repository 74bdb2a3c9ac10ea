"""One training step of the paper's network (p = 113, 3830 pairs): HookedTransformer, fast forward pass, and bare matrix products.

`GOMP_SPINCOUNT=20000 python benchmarks/training_step.py [rounds]` (the setting of the command line) runs them in turn, five steps of
each, in one process and prints medians and the medians of their ratios. A step is forward, float64 cross-entropy, backward and AdamW, in
float32 with two threads; the plain one is written as in TransformerLens' grokking demo. The bare products are those that the step cannot
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

from mechgrok.tasks.modular import Modular
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS
from mechgrok.training.trainer import Trainer

IN_A_ROW = 5
"""Steps of one kind before the next kind, so that each finds its own arrays in the cache, as in training."""
ROWS, P, D_MODEL, D_MLP, D_VOCAB = 3830, 113, 128, 512, 114
TOKENS = 2 * P + 1

Shape = tuple[int, int, int]
TABLES: dict[str, Shape] = {"x W_K": (TOKENS, D_MODEL, D_MODEL), "x W_V": (TOKENS, D_MODEL, D_MODEL), "x W_Q": (1, D_MODEL, D_MODEL)}
APART: dict[str, Shape] = TABLES | {
    "z W_O": (ROWS, D_MODEL, D_MODEL),
    "resid_mid W_in": (ROWS, D_MODEL, D_MLP),
    "neurons W_out": (ROWS, D_MLP, D_MODEL),
    "resid_post W_U": (ROWS, D_MODEL, D_VOCAB),
}
MADE: dict[str, Shape] = TABLES | {
    "z W_O": (ROWS, D_MODEL, D_MODEL),
    "resid_mid W_in": (ROWS, D_MODEL, D_MLP),
    "resid_mid W_U": (ROWS, D_MODEL, D_VOCAB),
    "W_out W_U": (D_MLP, D_MODEL, D_VOCAB),
    "neurons (W_out W_U)": (ROWS, D_MLP, D_VOCAB),
}
"""Those that the fast step makes; APART has the ones of the same network without W_out W_U made first."""


def training_data() -> tuple[Tensor, Tensor]:
    """A random 30 per cent of all pairs, and their labels."""
    task = Modular(p=P)
    rows = torch.randperm(P * P, generator=torch.Generator().manual_seed(0))[:ROWS]
    return torch.from_numpy(task.inputs())[rows], torch.from_numpy(task.labels())[rows]


def steps() -> dict[str, Callable[[], object]]:
    """The plain loop of TransformerLens' grokking demo, and the trainer's own update."""
    tokens, labels = training_data()
    preset = PRESETS["nanda2023"].config
    mask = torch.zeros(P * P, dtype=torch.bool)
    mask[tokens[:, 0] * P + tokens[:, 1]] = True
    trainer = Trainer(preset, mask.numpy(), Execution("cpu", torch.get_num_threads(), "fast").resolved())
    model = preset.model.build(preset.task)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=1.0, betas=(0.9, 0.98))

    def plain() -> None:
        optimizer.zero_grad()
        log_probs = model(tokens)[:, -1].to(torch.float64).log_softmax(-1)
        (-log_probs.gather(-1, labels[:, None]).mean()).backward()
        optimizer.step()

    return {"HookedTransformer": plain, "fast step": lambda: trainer.update(20)}


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


def measure(candidates: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 2) -> dict[str, list[float]]:
    """Seconds of each candidate in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(warm_up + rounds):
        times = [time.perf_counter()]
        for run in candidates.values():
            for _ in range(IN_A_ROW):
                run()
            times.append(time.perf_counter())
        if turn >= warm_up:
            for name, (start, end) in zip(candidates, pairwise(times), strict=True):
                seconds[name].append((end - start) / IN_A_ROW)
    return seconds


def report(seconds: Mapping[str, list[float]]) -> None:
    """Prints the shapes, the medians and the ratios."""
    for title, products in BARE.items():
        print(f"{title}: {sum(m * k * n for m, k, n in products.values()) * 6e-9:.2f} GFLOP in three products each")
        print("".join(f"    {name:<20} {m:>5} x {k} x {n}\n" for name, (m, k, n) in products.items()))
    for name, times in seconds.items():
        print(f"{name:<36} {median(times) * 1e3:8.2f} ms   (least {min(times) * 1e3:.2f})")
    for above, below in (("HookedTransformer", "fast step"), *(("fast step", title) for title in BARE)):
        print(f"{above} / {below}: {median(a / b for a, b in zip(seconds[above], seconds[below], strict=True)):.2f}")


BARE = {"bare products of the fast step": MADE, "bare products, all apart": APART}

if __name__ == "__main__":
    torch.set_num_threads(2)
    candidates = steps() | {title: bare(products) for title, products in BARE.items()}
    report(measure(candidates, int(sys.argv[1]) if len(sys.argv) > 1 else 12))
