"""Updates of many runs a second: one run after the other, a process on each core, and stacked.

`GOMP_SPINCOUNT=20000 python benchmarks/stacked.py [rounds] [runs]` measures, at p = 31, 59 and 113, with the network of the preset
nanda2023 and 30 per cent of the table: one run with all threads; one process for each core with one thread, each a run of its own; stacks
of 2, 8 and `runs` runs with all threads. They take turns for about half a second each, and medians over the rounds are printed with their
ratios to the processes. A run-step is one update of one run. Subnormal numbers are flushed, as in training.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
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
    """Makes as many updates as it is told, on one thread, until it is told none."""
    run, step = trainer(p, seed, 1), 0
    subnormals.flush()
    while count := orders.recv():
        for _ in range(count):
            run.update(step)
            step += 1
        orders.send(step)


class Processes:
    """One process for each core."""

    def __init__(self, p: int) -> None:
        context, self._ends = multiprocessing.get_context("spawn"), []
        for seed in range(CORES):
            here, there = context.Pipe()
            context.Process(target=worker, args=(p, seed, there), daemon=True).start()
            self._ends.append(here)

    def updates(self, count: int) -> None:
        """So many updates of each process."""
        for each in self._ends:
            each.send(count)
        if count:
            for each in self._ends:
                each.recv()


def repeated(update: Callable[[int], object]) -> Callable[[int], None]:
    """A function that makes so many updates."""
    step = iter(range(10**9))

    def updates(count: int) -> None:
        for _ in range(count):
            update(next(step))

    return updates


def seconds(updates: Callable[[int], None], count: int) -> float:
    """The time of so many updates."""
    start = time.perf_counter()
    updates(count)
    return time.perf_counter() - start


def measure(p: int, sizes: tuple[int, ...], rounds: int) -> dict[str, float]:
    """Run-steps a second of each way."""
    torch.set_num_threads(CORES)
    processes = Processes(p)
    one, several = repeated(trainer(p, 0, CORES).update), f"{CORES} processes, one thread each"
    ways: dict[str, tuple[int, Callable[[int], None]]] = {"one run, all threads": (1, one), several: (CORES, processes.updates)}
    ways |= {f"stack of {size}, all threads": (size, repeated(stack(p, size).update)) for size in sizes}
    for _, updates in ways.values():
        updates(3)
    counts = {way: max(1, round(TURN * 3 / seconds(updates, 3))) for way, (_, updates) in ways.items()}
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, (runs, updates) in ways.items():
            rates[way].append(runs * counts[way] / seconds(updates, counts[way]))
    processes.updates(0)
    return {way: median(found) for way, found in rates.items()}


def main(rounds: int = 7, runs: int = 32) -> None:
    """Prints a table for each modulus."""
    subnormals.flush()
    for p in MODULI:
        rates = measure(p, (2, 8, runs), rounds)
        reference = list(rates.values())[1]
        for way, rate in rates.items():
            print(f"p = {p:<4} {way:<32} {rate:8.1f} run-steps/s   {rate / reference:.2f} of the processes", flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
