"""mechgrok import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from mechgrok.cli import flags
from mechgrok.tasks.operations import Operation

if TYPE_CHECKING:
    from mechgrok.runs.importing.options import Imported


def main(arguments: list[str]) -> int:
    """Makes a run of what others published."""
    return flags.call(_import, arguments, "import")


def _import(
    file: tyro.conf.Positional[Path],
    out: Path,
    p: int | None = None,
    operation: Operation | None = None,
    split: Literal["python-shuffle", "numpy-shuffle", "torch-randperm", "torch-random-split", "torch-threshold", "file"] | None = None,
    fraction: float | None = None,
    split_seed: int | Literal["auto"] | None = None,
    train_rows: int | None = None,
    split_file: Path | None = None,
    step: int | None = None,
    record_every: int | None = None,
    columns: str | None = None,
    reading: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    dry: bool = False,
) -> int:
    """Makes a run of a weights file, a folder of checkpoints or a log of curves that somebody published.

    Weights: the state dict of a HookedTransformer, or of a plain PyTorch transformer, perceptron or LSTM, bare or in a checkpoint; the
    formats of Nanda et al. 2023, Zhong et al. 2023 (with the config beside it) and Furuta et al. 2024; the file of TransformerLens'
    grokking demo. A folder holds the checkpoints of one network, whose steps are in the files or their names (2000.pth, step_500.pt,
    checkpoint-500/model.safetensors), and may hold a log of its curves. A log alone, such as Lightning's metrics.csv, or its folder,
    becomes a run of curves without checkpoints, and so does a file of torch or numpy that holds curves and no weights.
    mechgrok list importers describes all formats.

    No code of the file is run. Where the train rows are known, the losses that the file records are computed again, which checks the split
    and operation that you give. What was assumed is printed, with the flag that corrects it.

    Args:
        file: The file (weights: .pt, .pth, .ckpt, .safetensors, .npz, .pkl, .bin; a log: .csv, .tsv, .json, .jsonl, .ndjson) or folder.
        out: The new run's folder.
        p: The modulus; by default the number of number tokens of the network, or the one that the sizes of a log's splits imply.
        operation: What was learnt; by default what the network shows. Of a log: that of hparams.yaml beside it, else add where p is known.
        split: How the train rows were drawn, or file (which --split-file implies); by default those that the weights file lists, else the
            split is unknown and what needs it will be missing.
        fraction: Share of the table that was trained on.
        split_seed: Seed of the split; auto tries 0 to 99 against the recorded losses and accuracies, with all kinds of split and usual
            fractions where these are not given.
        train_rows: Number of train rows, instead of the fraction.
        split_file: A file of the train rows (.npy or text): their numbers, their pairs, or a mask.
        step: Step of the (last) weights: updates, where the file holds none or counts epochs.
        columns: Columns of a log, such as step=epoch,test_loss=valid_ce; by default found by their names.
        record_every: Updates between two recorded losses, where no steps stand beside them, or epochs do; by default they end at the
            weights, or there is one an update.
        reading: OPTION=VALUE of what the file leaves open, any number of times: activation, normalization, heads, attention_scale, mask,
            fused (the order inside a fused matrix), matrices, embedding_scale, positions, eps, row (such as "a b 97"), read (last, mean
            or a position) and classes. By default the evidence decides.
        dry: Print what was recognised, tensor by tensor, or which columns of a log, and write nothing.
    """
    from mechgrok.runs.importing.import_run import import_file
    from mechgrok.runs.importing.options import ImportOptions

    drawn = (fraction, split, split_seed, step, record_every, train_rows, split_file)
    options = ImportOptions(p, operation, *drawn, _parsed(columns), tuple(reading), dry)
    made = import_file(file, out, options)
    for tensor in made.recognised if dry else ():
        print(f"  {tensor.name} {tensor.shape} -> {tensor.ours}")
    print(f"{'dry run' if dry else out}: {_learnt(made.config.task)}, {_kept(made)}")
    for note in made.notes:
        print(f"  {note}")
    if not dry:
        print(f"Next: mechgrok analyze {out}")
    return 0


def _parsed(columns: str | None) -> dict[str, str]:
    from mechgrok.runs.importing.logs.columns import parse_columns

    return parse_columns(columns) if columns else {}


def _learnt(task: Any) -> str:
    if task.kind == "unknown":
        return "an unknown task"
    return f"{f'sum of {task.terms} numbers' if task.kind == 'k-wise' else task.operation} modulo {task.p}"


def _kept(made: Imported) -> str:
    if not made.steps:
        return "curves alone"
    model: Any = made.config.model
    sizes = f"{model.layers} layer(s), d_model {model.d_model}" if model.kind == "transformer" else model.kind
    return f"{sizes}, {len(made.steps)} checkpoint(s)"
