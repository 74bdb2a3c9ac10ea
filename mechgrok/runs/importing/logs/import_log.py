"""Runs without checkpoints, from logs of curves that other people published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from mechgrok.config import Config, Training, make
from mechgrok.data.splits.imported import Unknown as UnknownSplit
from mechgrok.errors import UserError
from mechgrok.models.unknown import Unknown as UnknownModel
from mechgrok.runs import store
from mechgrok.runs.creation import create
from mechgrok.runs.importing import reading
from mechgrok.runs.importing.logs import hparams, lightning
from mechgrok.runs.importing.logs.hparams import Setting
from mechgrok.runs.importing.logs.task import task_of_log
from mechgrok.runs.importing.options import Imported, ImportOptions

LOG = "metrics.csv"
FORMAT = "lightning"
DESCRIBE = "the metrics.csv of a Lightning log, as openai/grok and MIML-grokking write it: curves without a network; hparams.yaml beside it"
_HPARAMS = "hparams.yaml"
_AVERAGED = "train readings are means over the batches of an epoch, taken while the network changes, with dropout; val is called test here"


def log_of(path: Path) -> Path | None:
    """The log that a path means: itself, or that in the folder; None where it holds weights. Raises UserError for a folder of both."""
    if not path.is_dir():
        return path if path.suffix == ".csv" else None
    if not (path / LOG).is_file():
        return None
    if reading.weight_files(path):
        raise UserError(f"{path} holds both {LOG} and weights; give the one or the other")
    return path / LOG


def import_log(path: Path, out: Path, options: ImportOptions) -> Imported:
    """Makes a run of a Lightning log. Raises UserError, with nothing written, where that cannot be."""
    _refuse_splits(options)
    table, settings = lightning.read_curves(path), hparams.read(path.with_name(_HPARAMS))
    if table.empty:
        raise UserError(f"{path} holds no reading of train_loss or val_loss; it is the log of a run that did not begin")
    with reading.naming(path):
        task, notes = task_of_log(options, settings, lightning.split_sizes(path))
    training = make(Training, steps=int(table["step"].max()), batch=_batch(settings))
    config = Config(task=task, split=UnknownSplit(), model=UnknownModel(), training=training)
    remarks = (*_counts(table), *notes, _AVERAGED)
    create(out, _files(path, table, config, settings, remarks))
    return Imported(config, (), remarks, ())


def _refuse_splits(options: ImportOptions) -> None:
    given = {"--split": options.split, "--fraction": options.fraction, "--split-seed": options.split_seed, "--step": options.step}
    named = [flag for flag, value in given.items() if value is not None]
    if named:
        raise UserError(f"leave {', '.join(named)} away: a log of curves holds no network, so it has neither train rows nor a step")


def _batch(settings: Mapping[str, Setting]) -> Setting:
    """Their batchsize as ours: 0, their default, is the smaller of 512 and half the train rows."""
    size = settings.get("batchsize", 0)
    if size == -1:
        return "full"
    return size if type(size) in (int, float) and size != 0 else "auto"


def _counts(table: pd.DataFrame) -> Iterator[str]:
    many = table["split"].value_counts()
    readings = ", ".join(f"{many.get(split, 0)} of {split}" for split in ("train", "test"))
    yield f"curves alone, without a network: readings {readings}, the last at step {table['step'].max()}"


def _files(
    path: Path, table: pd.DataFrame, config: Config, settings: Mapping[str, Setting], notes: tuple[str, ...]
) -> Iterator[tuple[str, bytes]]:
    origin = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "format": FORMAT, "notes": notes}
    yield store.METRICS, table.to_csv(index=False, lineterminator="\n").encode()
    yield store.EXECUTION, json.dumps({"imported": origin | ({"hparams": settings} if settings else {})}, indent=1).encode()
    yield store.CONFIG, config.model_dump_json(indent=1).encode()
