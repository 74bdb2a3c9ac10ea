"""Whole runs on large tables: what training, analysis, report and figure take.

`python benchmarks/large_tables.py PART ...` with any of these parts:
nanda: p = 997, trained by batches, analysed, report, figure.
oocl: sums of squares modulo 3001, 2 000 steps of `oocl2024`, analysed, report, figure.
batches: an update of `oocl2024` modulo 3001 beside its bare matrix products and optimiser passes.
Every part runs in processes of its own, whose peak memory is the VmHWM that the system counts.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from own_process import ROOT, measured, taken

if TYPE_CHECKING:
    from mechgrok.training.trainer import Trainer

COMMAND = "from mechgrok.cli import main; assert main(sys.argv[1:]) == 0"
UPDATES = "sys.path.insert(0, sys.argv[1]); import large_tables; large_tables.compare_updates()"


def main(*parts: str) -> None:
    """Runs the parts."""
    every = {"nanda": nanda, "oocl": oocl, "batches": batches}
    for part in parts or every:
        every[part]()


def command(*words: str) -> None:
    """Runs a command of mechgrok, and prints what it took."""
    print(f"mechgrok {words[0]}: {taken(*measured(COMMAND, *words))}", flush=True)


def nanda() -> None:
    """Addition modulo 997 by batches of a hundredth of the table: 100 steps, analysis of the last checkpoint, report, figure."""
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "nanda-997")
        sizes = ["--task.p", "997", "--training.batch", "10000", "--training.steps", "100", "--training.evaluate_rows", "10000"]
        command("train", "nanda2023", "--out", run, *sizes, "--checkpoints.every", "100", "--checkpoints.log_spaced", "0")
        command("analyze", run, "--steps", "last")
        command("report", run)
        command("figure", run, "loss", "--out", str(Path(folder) / "loss.svg"))


def oocl() -> None:
    """Sums of squares modulo 3001: training, analysis, report, figure."""
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "oocl-3001")
        sizes = ["--task.p", "3001", "--training.steps", "2000", "--training.evaluate_every", "500", "--training.evaluate_rows", "20000"]
        command("train", "oocl2024", "--out", run, *sizes)
        command("analyze", run, "--steps", "last")
        command("report", run)
        command("figure", run, "loss", "--out", str(Path(folder) / "loss.svg"))


def batches() -> None:
    """Updates of `oocl2024` modulo 3001."""
    print(f"updates modulo 3001: {taken(*measured(UPDATES, str(ROOT / 'benchmarks')))}", flush=True)


def compare_updates(p: int = 3001, rounds: int = 30, in_a_row: int = 5) -> None:
    """Prints the medians of an update's processor time, of its bare products and optimiser passes, and of their ratio, on one thread.

    The products are those that three positions of 128 rows cannot do without, each with the two of its backward pass: keys and values of
    every position and queries of the last two in the first layer, of the last position in the second one, and the logits. The passes
    clip the gradients and take a step of the preset's AdamW.
    """
    from statistics import median

    from training_step import bare

    torch.set_num_threads(1)
    trainer = _trainer(p)
    rows, width, heads = 128, 128, 512
    tables = {"Q, first layer": rows + 1, "K, first layer": 2 * rows + 1, "V, first layer": 2 * rows + 1}
    tables |= {"Q": rows, "K": 3 * rows, "V": 3 * rows}
    products = {name: (count, width, heads) for name, count in tables.items()}
    products |= {"O, first layer": (3 * rows, heads, width), "O": (rows, heads, width), "logits": (rows, width, p + 1)}
    multiply, seconds = bare(products), []
    for _ in range(rounds + 2):
        times = [time.process_time()]
        for run in (lambda: trainer.update(1000), multiply, lambda: _passes(trainer)):
            for _ in range(in_a_row):
                run()
            times.append(time.process_time())
        seconds.append([(end - start) / in_a_row for start, end in itertools.pairwise(times)])
    update, product, step = (median(each) * 1e3 for each in zip(*seconds[2:], strict=True))
    ratio = median(update / (product + step) for update, product, step in seconds[2:])
    print(f"an update {update:.1f} ms, its products {product:.1f} ms, its optimiser passes {step:.1f} ms: ratio {ratio:.2f}")


def _passes(trainer: Trainer) -> None:
    torch.nn.utils.clip_grad_norm_(trainer.trained.values(), 1.0)
    trainer.optimizer.step()


def _trainer(p: int) -> Trainer:
    """Of `oocl2024` modulo p."""
    from mechgrok.config import Config
    from mechgrok.training.execution import Execution
    from mechgrok.training.presets import PRESETS
    from mechgrok.training.trainer import Trainer

    preset = PRESETS["oocl2024"].config.model_dump()
    config = Config.model_validate(preset | {"task": preset["task"] | {"p": p}})
    return Trainer(config, config.split.train_rows(config.task), Execution("cpu", 1, "fast").resolved())


if __name__ == "__main__":
    main(*sys.argv[1:])
