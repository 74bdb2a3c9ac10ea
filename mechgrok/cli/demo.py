"""mechgrok demo."""

from __future__ import annotations

from pathlib import Path

from mechgrok.cli import analyze, flags, train


def main(arguments: list[str]) -> int:
    """Trains, analyses and reports the demo."""
    return flags.call(_demo, arguments, "demo")


def _demo(out: Path | None = None, ready: bool = False, log: train.Log = "auto") -> int:
    """Trains modular addition until it groks, analyses every checkpoint, and writes the report. Run again, it goes on where it was.

    Args:
        out: The run's folder, by default checkpoints/demo, or checkpoints/nanda2023-ready with --ready.
        ready: Trains nothing: copies and analyses a run of the preset nanda2023 that comes with the package.
        log: live: a progress bar; lines: a line now and then; quiet: nothing; by default live on a terminal, else lines; wandb: so too,
            and metrics are copied to Weights & Biases, off line unless WANDB_MODE=online.
    """
    from mechgrok.api.ready_run import READY, ready_run
    from mechgrok.runs.run import open_run
    from mechgrok.training import launch
    from mechgrok.training.execution import Execution
    from mechgrok.training.presets import PRESETS

    if ready:
        return analyze.main([str(ready_run(out or READY).path)])
    out = out or Path("checkpoints") / "demo"
    run = open_run(out) if out.exists() else launch.begin(PRESETS["demo"].config, out, Execution())
    status = train.train(run, log)
    return status or analyze.main([str(out)])
