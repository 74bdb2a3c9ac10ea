"""Updates of many runs a second: one run after the other, a process on each core, and stacked.

`GOMP_SPINCOUNT=20000 python benchmarks/stacked.py [rounds] [runs]` measures, at p = 31, 59 and 113, with the network of the preset
nanda2023 and 30 per cent of the table: one run with all threads; one process for each core with one thread, each a run of its own; stacks
of 2, 8 and `runs` runs with all threads; one run and these stacks on one thread. They take turns for about half a second each. Medians over
the rounds are printed with their ratios to the processes, and the processor time of a run-step, which other work on the machine changes
less. A run-step is one update of one run. Subnormal numbers are flushed, as in training.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import median

import torch

from mechgrok.api.settings import changed, seeded
from mechgrok.config import Config
from mechgrok.models import subnormals
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS
from mechgrok.training.stack.member import Member
from mechgrok.training.stack.stack import Stack
from mechgrok.training.trainer import Trainer

CORES = os.cpu_count() or 1
MODULI = (31, 59, 113)
TURN = 0.5
"""Seconds of a turn."""


def config(p: int, seed: int) -> Config:
    """The preset nanda2023 modulo p with one seed."""
    return seeded(changed(PRESETS["nanda2023"].config, {"task.p": p}), seed)


def trainer(p: int, seed: int, threads: int) -> Trainer:
    """A run in memory."""
    wanted = config(p, seed)
    return Trainer(wanted, wanted.split.train_rows(wanted.task), Execution("cpu", threads).resolved())


def stack(p: int, runs: int) -> Stack:
    """That many runs, stacked."""
    configs = [config(p, seed) for seed in range(runs)]
    return Stack([Member(each, each.split.train_rows(each.task)) for each in configs], torch.device("cpu"))


def worker(p: int, seed: int, orders: Connection) -> None:
    """Makes as many updates as it is told, on one thread, until it is told none; answers with the processor time."""
    run, step = trainer(p, seed, 1), 0
    subnormals.flush()
    while count := orders.recv():
        start = time.process_time()
        for _ in range(count):
            run.update(step)
            step += 1
        orders.send(time.process_time() - start)


class Processes:
    """One process for each core."""

    def __init__(self, p: int) -> None:
        context, self._ends = multiprocessing.get_context("spawn"), []
        for seed in range(CORES):
            here, there = context.Pipe()
            context.Process(target=worker, args=(p, seed, there), daemon=True).start()
            self._ends.append(here)

    def updates(self, count: int) -> float:
        """So many updates of each process; returns their processor time."""
        for each in self._ends:
            each.send(count)
        return sum(each.recv() for each in self._ends) if count else 0.0


Updates = Callable[[int], float]
"""A function that makes so many updates and returns the processor time."""


def repeated(update: Callable[[int], object]) -> Updates:
    """Updates in this process."""
    step = iter(range(10**9))

    def updates(count: int) -> float:
        start = time.process_time()
        for _ in range(count):
            update(next(step))
        return time.process_time() - start

    return updates


def on_one_thread(updates: Updates) -> Updates:
    """The same on one thread."""

    def alone(count: int) -> float:
        torch.set_num_threads(1)
        processor = updates(count)
        torch.set_num_threads(CORES)
        return processor

    return alone


def timed(updates: Updates, count: int) -> tuple[float, float]:
    """The time of so many updates, and their processor time."""
    start = time.perf_counter()
    processor = updates(count)
    return time.perf_counter() - start, processor


@dataclass(frozen=True)
class Speed:
    """Run-steps a second, and milliseconds of processor time for each."""

    rate: float
    processor: float


def measure(p: int, sizes: tuple[int, ...], rounds: int) -> dict[str, Speed]:
    """The speed of each way."""
    torch.set_num_threads(CORES)
    processes, one = Processes(p), repeated(trainer(p, 0, CORES).update)
    ways = {"one run, all threads": (1, one), f"{CORES} processes, one thread each": (CORES, processes.updates)}
    ways |= {f"stack of {size}, all threads": (size, repeated(stack(p, size).update)) for size in sizes}
    ways["one run, one thread"] = (1, on_one_thread(repeated(trainer(p, 0, CORES).update)))
    ways |= {f"stack of {size}, one thread": (size, on_one_thread(repeated(stack(p, size).update))) for size in sizes}
    for _, updates in ways.values():
        updates(3)
    counts = {way: max(1, round(TURN * 3 / timed(updates, 3)[0])) for way, (_, updates) in ways.items()}
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, (_, updates) in ways.items():
            found[way].append(timed(updates, counts[way]))
    processes.updates(0)
    return {way: _speed(found[way], runs * counts[way]) for way, (runs, _) in ways.items()}


def _speed(found: list[tuple[float, float]], run_steps: int) -> Speed:
    return Speed(median(run_steps / wall for wall, _ in found), median(1e3 * processor / run_steps for _, processor in found))


def main(rounds: int = 7, runs: int = 32) -> None:
    """Prints a table for each modulus."""
    subnormals.flush()
    for p in MODULI:
        speeds = measure(p, (2, 8, runs), rounds)
        reference = list(speeds.values())[1]
        for way, speed in speeds.items():
            rate = f"{speed.rate:8.1f} run-steps/s ({speed.rate / reference.rate:.2f} of the processes)"
            print(f"p = {p:<4} {way:<32} {rate}   {speed.processor:7.2f} ms of processor time each", flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
