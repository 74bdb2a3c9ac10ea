"""The cheap measures on checkpoints: seconds a checkpoint, peak memory, and the ratio to the forward pass that cannot be done without.

`python benchmarks/measure_suite.py [RUN | checkpoints] [p]` analyses a copy of a run, or a run of random networks that it makes in a
temporary folder, with every cheap measure, nulls left out.
Beside the suite stands the plain way to the same logits and neurons in the same process: a float64 `run_with_cache` of the
HookedTransformer over the table, which every notebook does before it measures anything.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

from mechgrok import analyze, open_run
from mechgrok.engine.registry import default
from mechgrok.runs import store
from mechgrok.runs.run import Run
from mechgrok.training import launch
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS


def main(what: str = "20", p: str = "113") -> None:
    """Prints the figures, of a copy of the run that `what` is the folder of, or of so many random networks modulo p."""
    with tempfile.TemporaryDirectory() as folder:
        run = _copied(Path(what), Path(folder) / "run") if Path(what).is_dir() else _random_run(Path(folder) / "run", int(what), int(p))
        checkpoints = len(run.steps)
        whole = _seconds(lambda: analyze(run, nulls=0))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        again = _seconds(lambda: analyze(run, nulls=0)) / checkpoints
        plain = median(_seconds(lambda: _plain(run)) for _ in range(3))
    print(f"{len(default())} measures at p = {run.task.numbers}, {torch.get_num_threads()} threads, seconds a checkpoint")
    print(f"{f'the suite over {checkpoints} checkpoints, {whole:.1f} s in all':<44}{whole / checkpoints:8.3f}")
    print(f"{'stored results read again':<44}{again:8.3f}")
    print(f"{'float64 run_with_cache, for logits and neurons':<44}{plain:8.3f}")
    ratio = whole / checkpoints / plain
    print(f"the suite takes {ratio:.2f} times as long as the plain forward pass alone, and at its peak {peak:.2f} GiB of memory")


def _copied(origin: Path, path: Path) -> Run:
    shutil.copytree(origin, path, ignore=shutil.ignore_patterns("results", "report"))
    return open_run(path)


def _random_run(path: Path, checkpoints: int, p: int) -> Run:
    preset = PRESETS["nanda2023"].config
    preset = preset.model_copy(update={"task": preset.task.model_copy(update={"p": p})})
    launch.begin(preset, path, Execution(device="cpu"))
    initial = dict(preset.model.build(preset.task).named_parameters())
    for step in range(checkpoints):
        weights = {name: tensor + 0.2 * step / checkpoints * torch.randn_like(tensor) for name, tensor in initial.items()}
        store.write_tensors(store.weights_path(path, step), weights)
    return open_run(path)


def _plain(run: Run) -> None:
    model = run.model().double()
    with torch.no_grad():
        model.run_with_cache(torch.from_numpy(run.task.inputs()), names_filter="blocks.0.mlp.hook_post")


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main(*sys.argv[1:3])
