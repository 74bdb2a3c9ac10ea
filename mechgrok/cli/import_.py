"""mechgrok import."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import tyro

from mechgrok.cli import flags
from mechgrok.tasks.operations import Operation


def main(arguments: list[str]) -> int:
    """Makes a run of a weights file."""
    return flags.call(_import, arguments, "import")


def _import(
    file: tyro.conf.Positional[Path],
    out: Path,
    p: int | None = None,
    operation: Operation | None = None,
    split: Literal["python-shuffle", "torch-randperm"] | None = None,
    fraction: float | None = None,
    split_seed: int | Literal["auto"] | None = None,
    step: int | None = None,
) -> int:
    """Makes a run of a weights file that somebody published.

    It may be in the paper's format, a HookedTransformer state dict, or the file of several snapshots of TransformerLens' grokking demo.

    No code of the file is run. The losses that the file records are computed again, to see whether what you say of it is right.

    Args:
        file: The file (.pth, .pt or .safetensors).
        out: The new run's folder.
        p: The modulus; by default how many tokens the network has, without '=' where its rows are longer than two.
        operation: What was learnt; by default what the network shows.
        split: How the train rows were drawn; left away, the split is unknown and what needs it will be missing.
        fraction: Share of the table that was trained on.
        split_seed: Seed of the split; auto tries 0 to 99 against the recorded losses.
        step: Step of the weights, where the file does not say it.
    """
    from mechgrok.runs.importing import Said, import_file

    made = import_file(file, out, Said(p, operation, fraction, split, split_seed, step))
    task, model = made.config.task, made.config.model
    print(f"{out}: {task.operation} modulo {task.p}, {model.layers} layer(s), d_model {model.d_model}, {len(made.steps)} checkpoint(s)")
    for note in made.notes:
        print(f"  {note}")
    print(f"Next: mechgrok analyze {out}")
    return 0
