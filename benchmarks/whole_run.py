"""The run of Nanda et al. 2023 from its first step to test accuracy 1, with steps of three kinds timed along the way.

`GOMP_SPINCOUNT=20000 python benchmarks/whole_run.py [p] [interval]` trains the preset nanda2023 by fast steps with subnormal numbers
flushed. Every `interval` updates it times, in turn and from the same weights, steps of the plain loop as in TransformerLens' grokking demo
(subnormal numbers kept, as by default in torch), of the same loop with them flushed, of the fast step, and the bare products of
`training_step.py`. It prints these by state (initial, memorised, grokked) and over the run: the sum over intervals of a step's time
times the number of updates. The plain steps are made on copies, so the run is the preset's own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from training_step import MADE, bare

from mechgrok.config import Config
from mechgrok.models import subnormals
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS
from mechgrok.training.trainer import Trainer

ROUNDS, MOST = 5, 30_000
KINDS = ("plain, kept", "plain, flushed", "fast", "products")


@dataclass(frozen=True)
class Reading:
    """Milliseconds a step of each kind at one step of the run, and the accuracies there."""

    step: int
    train: float
    test: float
    times: dict[str, float]

    @property
    def state(self) -> str:
        """Grokked, memorised or initial, by the accuracies."""
        return "grokked" if self.test == 1 else "memorised" if self.train == 1 else "initial"


@dataclass(frozen=True)
class Training:
    """A run in memory: its config, train mask and trainer."""

    config: Config
    mask: np.ndarray
    trainer: Trainer

    @classmethod
    def of(cls, p: int) -> Training:
        """The run of the preset nanda2023 modulo p, untrained."""
        preset = PRESETS["nanda2023"].config
        config = preset.model_copy(update={"task": preset.task.model_copy(update={"p": p})})
        mask = config.split.train_rows(config.task)
        return cls(config, mask, Trainer(config, mask, Execution("cpu", torch.get_num_threads()).resolved()))

    def plain_step(self) -> Callable[[], None]:
        """A step of the plain loop on a copy of the network."""
        task, mask = self.config.task, torch.from_numpy(self.mask)
        tokens, labels = torch.from_numpy(task.inputs())[mask], torch.from_numpy(task.labels())[mask]
        model = self.config.model.build(task)
        model.load_state_dict({name: value.detach() for name, value in self.trainer.parameters.items()}, strict=False)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=1.0, betas=(0.9, 0.98))

        def step() -> None:
            optimizer.zero_grad()
            log_probs = model(tokens)[:, -1].to(torch.float64).log_softmax(-1)
            (-log_probs.gather(-1, labels[:, None]).mean()).backward()
            optimizer.step()

        return step


def seconds(step: Callable[[], object]) -> float:
    """The time of a step."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def reading(training: Training, step: int) -> Reading:
    """The times at a step; the ROUNDS + 1 fast steps among them are the run's own."""
    accuracy = {found.split: found.accuracy for found in training.trainer.evaluate()}
    plain, updates = training.plain_step(), iter(range(step, MOST + ROUNDS + 1))
    steps = dict(zip(KINDS, (plain, plain, lambda: training.trainer.update(next(updates)), bare(MADE)), strict=True))
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(ROUNDS + 1):
        for kind in KINDS:
            subnormals.flush(kind != "plain, kept")
            found = seconds(steps[kind])
            if turn:
                taken[kind].append(found)
    return Reading(step, accuracy["train"], accuracy["test"], {kind: median(times) * 1e3 for kind, times in taken.items()})


def main(p: int, interval: int) -> None:
    """Trains until the test accuracy is 1, and prints a line every `interval` updates."""
    training, readings, spent = Training.of(p), list[Reading](), 0.0
    for step in range(0, MOST, interval):
        found = reading(training, step)
        readings.append(found)
        times = "  ".join(f"{kind} {found.times[kind]:.1f} ms" for kind in KINDS)
        print(f"{step:6} train {found.train:.3f} test {found.test:.3f}  {times}", flush=True)
        if found.test == 1:
            break
        subnormals.flush()
        start = time.perf_counter()
        for update in range(step + ROUNDS + 1, step + interval):
            training.trainer.update(update)
        spent += time.perf_counter() - start
    summary(readings, interval, spent)


def by_state(readings: list[Reading]) -> None:
    """Prints the medians by state."""
    for state in ("initial", "memorised", "grokked"):
        there = [found.times for found in readings if found.state == state]
        if there:
            times = {kind: median(each[kind] for each in there) for kind in KINDS}
            print(f"{state:10}" + "  ".join(f"{k} {times[k]:.1f} ms" for k in KINDS) + f"   {ratios(times)}")


def summary(readings: list[Reading], interval: int, spent: float) -> None:
    """Prints the medians by state, and the sums over the run."""
    by_state(readings)
    whole = {kind: sum(found.times[kind] for found in readings[:-1]) * interval / 1e3 for kind in KINDS}
    print(f"whole run  {readings[-1].step} updates: fast steps took {spent:.0f} s; " + ratios(whole))


def ratios(times: dict[str, float]) -> str:
    """The ratios of a step of each kind to another."""
    return (
        f"plain / fast {times['plain, kept'] / times['fast']:.2f} (flushed {times['plain, flushed'] / times['fast']:.2f}), "
        f"fast / products {times['fast'] / times['products']:.2f}"
    )


if __name__ == "__main__":
    torch.set_num_threads(2)
    main(*(int(word) for word in [*sys.argv[1:], *("113", "500")[len(sys.argv) - 1 :]]))
