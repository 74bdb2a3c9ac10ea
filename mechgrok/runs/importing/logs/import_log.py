"""Runs without checkpoints, from logs of curves that other people published."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mechgrok.config import Config, Training
from mechgrok.data.splits.imported import Unknown as UnknownSplit
from mechgrok.errors import UserError
from mechgrok.models.unknown import Unknown as UnknownModel
from mechgrok.runs import store
from mechgrok.runs.creation import create
from mechgrok.runs.importing import reading
from mechgrok.runs.importing.containers.steps import InEpochs
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.importer import WeightsFile
from mechgrok.runs.importing.logs import hparams, lightning
from mechgrok.runs.importing.logs.curves import read_curves, read_recorded
from mechgrok.runs.importing.logs.hparams import Setting
from mechgrok.runs.importing.logs.log_files import ENDINGS
from mechgrok.runs.importing.logs.task import task_of_log
from mechgrok.runs.importing.option_checks import require_for_log
from mechgrok.runs.importing.options import Imported, ImportOptions
from mechgrok.runs.importing.safe_pickle import loading

LOG = "metrics.csv"
FORMAT = "log"
DESCRIBE = (
    "a log of curves (.csv, .tsv, .json, .jsonl, .ndjson): steps or epochs, losses and accuracies of train and test; hparams.yaml beside it"
)
_HPARAMS = "hparams.yaml"
_SHOWN = 4
_NAMES = re.compile(r"loss|acc|hist|metric|log|curve|result|record|stats", re.IGNORECASE)
_AVERAGED = "train readings are means over the batches of an epoch, taken while the network changes, with dropout; val is called test here"


def log_of(path: Path) -> tuple[Path | None, tuple[str, ...]]:
    """The log that a path means: itself, or the one in the folder or beside its last checkpoint; None where there is none. With notes on
    other logs beside it.

    Raises UserError for a folder of several logs without weights. Beside weights, none of several is taken but metrics.csv.
    """
    if not path.is_dir():
        return (path if path.suffix in ENDINGS else None), ()
    logs = _logs_in(path) or [log for folder in _last_folder(path) for log in _logs_in(folder)]
    names = ", ".join(log.name for log in logs[:_SHOWN])
    if logs and logs[0].with_name(LOG) in logs:
        others = ", ".join(log.name for log in logs if log.name != LOG)
        return logs[0].with_name(LOG), ((f"of the logs {names}, {LOG} is taken; left out {others}",) if others else ())
    if len(logs) > 1 and not reading.weight_files(path):
        raise UserError(f"{path} holds several logs: {names}; give one of them")
    if len(logs) > 1:
        return None, (f"no curves are taken, since the folder holds several logs: {names}; leave one of them in it",)
    return (logs[0] if logs else None), ()


def _logs_in(folder: Path) -> list[Path]:
    files = [file for file in sorted(folder.iterdir()) if file.is_file()]
    found = [file for file in files if file.suffix in ENDINGS and (file.name == LOG or has_curves(file))]
    return found or [file for file in files if _is_named_log(file) and not WeightsFile(loading.read(file)).holds_weights]


def _is_named_log(path: Path) -> bool:
    """Whether a file of arrays is named as curves are, and holds some."""
    return path.suffix in loading.ENDINGS and _NAMES.search(path.stem) is not None and has_curves(path)


def _last_folder(path: Path) -> list[Path]:
    """The folder of the last checkpoint, where each has a folder of its own."""
    folders = {file.parent for file in reading.weight_files(path)} - {path}
    return sorted(folders, key=lambda folder: [int(number) for number in re.findall(r"\d+", folder.name)])[-1:]


def has_curves(path: Path) -> bool:
    """Whether a file can be read as a log and holds a curve."""
    try:
        return not read_curves(path)[0].empty
    except UserError:
        return False


def with_log(foreign: Foreign, path: Path, options: ImportOptions) -> Foreign:
    """Checkpoints with the readings of the log that lies beside them, instead of those in the files."""
    read, notes = read_recorded(path, options.columns)
    return replace(
        foreign,
        recorded=read.losses,
        accuracies=read.accuracies,
        undated=read.undated,
        in_epochs=InEpochs(foreign.in_epochs.weights, read.in_epochs),
        notes=(*foreign.notes, f"curves of {path.name}", *notes),
    )


def import_log(path: Path, out: Path, options: ImportOptions, about_logs: tuple[str, ...] = ()) -> Imported:
    """Makes a run of a log of curves. Raises UserError, with nothing written, where that cannot be."""
    require_for_log(options)
    settings = hparams.read(path.with_name(_HPARAMS))
    table, about = read_curves(path, options.columns, options.record_every)
    with reading.naming(path):
        task, notes = task_of_log(options, settings, lightning.split_sizes(path))
    training = Training(steps=int(table["step"].max()), batch=_batch(settings))
    config = Config(task=task, split=UnknownSplit(), model=UnknownModel(), training=training)
    remarks = (*_counts(table), *about_logs, *about, *notes, *([_AVERAGED] if _is_lightning(settings) else []))
    if not options.dry:
        create(out, _files(path, table, config, settings, remarks))
    return Imported(config, (), remarks, ())


def _is_lightning(settings: Mapping[str, Setting]) -> bool:
    """Whether the log is of openai/grok or a descendant, whose settings stand beside it."""
    return bool(settings)


def _batch(settings: Mapping[str, Setting]) -> Setting:
    """Their batchsize as ours: 0, their default, is the smaller of 512 and half the train rows."""
    size = settings.get("batchsize", 0)
    if size == -1:
        return "full"
    return size if type(size) in (int, float) and size != 0 else "auto" if settings else "full"


def _counts(table: pd.DataFrame) -> Iterator[str]:
    many = table["split"].value_counts()
    readings = ", ".join(f"{many.get(split, 0)} of {split}" for split in ("train", "test"))
    yield f"curves alone, without a network: readings {readings}, the last at step {table['step'].max()}"


def _files(
    path: Path, table: pd.DataFrame, config: Config, settings: Mapping[str, Setting], notes: tuple[str, ...]
) -> Iterator[tuple[str, bytes]]:
    origin = {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "format": FORMAT,
        "notes": notes,
    }
    yield store.METRICS, table.to_csv(index=False, lineterminator="\n").encode()
    yield store.EXECUTION, json.dumps({"imported": origin | ({"hparams": settings} if settings else {})}, indent=1).encode()
    yield store.CONFIG, config.model_dump_json(indent=1).encode()
