"""Runs from files that other people published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save
from torch import Tensor

from mechgrok.config import Config, Training
from mechgrok.errors import NoWeightsError, UserError
from mechgrok.models.architecture import Architecture
from mechgrok.models.transformer import Transformer
from mechgrok.runs import store
from mechgrok.runs.creation import create, refuse_existing
from mechgrok.runs.importing import reading
from mechgrok.runs.importing.aligned import with_lists_aligned
from mechgrok.runs.importing.checkpoint_folder import read_folder
from mechgrok.runs.importing.dating import date
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.architecture import infer_architecture
from mechgrok.runs.importing.inference.decision import DOUBTFUL
from mechgrok.runs.importing.inference.evidence import Evidence
from mechgrok.runs.importing.inference.operation import identify_operation, with_operation
from mechgrok.runs.importing.inference.reading import read_network
from mechgrok.runs.importing.inference.splits.split import infer_split
from mechgrok.runs.importing.inference.task import infer_task
from mechgrok.runs.importing.logs.import_log import has_curves, import_log, log_of, with_log
from mechgrok.runs.importing.networks.structure import Recognised
from mechgrok.runs.importing.option_checks import require_consistent, require_log, require_records
from mechgrok.runs.importing.options import Imported, ImportOptions
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import Operation


def import_file(path: Path, out: Path, options: ImportOptions) -> Imported:
    """Makes a run at `out` of a weights file or a folder of checkpoints; of a log of curves, or the folder of one, without checkpoints.

    Raises UserError, with nothing written, where that cannot be.
    """
    if not options.dry:
        refuse_existing(out)
    _refuse_own(path)
    log, notes = log_of(path)
    if log is not None and not (path.is_dir() and reading.weight_files(path)):
        return import_log(log, out, options, notes)
    try:
        return import_weights(path, out, options, log, notes)
    except NoWeightsError:
        curves = reading.weight_files(path) if path.is_dir() else [path]
        if len(curves) > 1 or not has_curves(curves[0]):
            raise
        return import_log(curves[0], out, options, notes)


def _refuse_own(path: Path) -> None:
    """Raises UserError for a run of ours, and for what lies in one."""
    resolved = path.resolve()
    for folder in (resolved, *resolved.parents[:2]):
        if (folder / store.CONFIG).is_file() and (folder / store.EXECUTION).is_file():
            raise UserError(f"{path} is, or is a part of, a run of mechgrok; go on with: mechgrok analyze {folder}")


def import_weights(path: Path, out: Path, options: ImportOptions, log: Path | None = None, about_logs: tuple[str, ...] = ()) -> Imported:
    """Makes a run of a weights file or a folder of checkpoints, with the curves of a `log` beside them."""
    require_consistent(options)
    contents = read_folder(path, log) if path.is_dir() else reading.read(path)
    if log is None:
        require_log(options, path)
    with reading.naming(path):
        contents = with_log(contents, log, options) if log else contents
        read = date(contents, options)
        require_records(options, read)
        network = _network(read, options)
    foreign = replace(read, snapshots=network.snapshots)
    evidence = Evidence.of(foreign, network.model.architecture(network.task), network.task)
    task = with_operation(network.task, network.operation or identify_operation(evidence, network.task, options.operation))
    split, mask, found = infer_split(foreign, options, evidence, task)
    losses = evidence.check_losses(task, mask)
    foreign = with_lists_aligned(foreign, contents.undated, losses)
    checked = map(str, losses) if losses else [_unchecked(evidence)]
    notes = _doubts_first((*foreign.notes, *about_logs, *network.notes, *found, *checked))
    config = Config(task=task, split=split, model=network.model, training=Training(steps=max(_steps(foreign))))
    if not options.dry:
        create(out, _files(path, foreign, config, mask, notes))
    return Imported(config, tuple(_steps(foreign)), notes, losses, network.recognised)


def _doubts_first(notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(notes, key=lambda note: not note.startswith(DOUBTFUL)))


def _unchecked(evidence: Evidence) -> str:
    if evidence.recorded:
        return "the recorded losses are not compared with those of the weights, since the train rows are unknown"
    return "the file records no losses, so the reading, split and operation rest on the network's answers alone"


@dataclass(frozen=True, eq=False)
class _Network:
    """A foreign network in our terms; its operation is None where the logits of all pairs still have to decide it."""

    model: Any
    task: Modular
    snapshots: Mapping[int | None, Mapping[str, Tensor]]
    operation: Operation | None = None
    notes: tuple[str, ...] = ()
    recognised: tuple[Recognised, ...] = ()


def _network(foreign: Foreign, options: ImportOptions) -> _Network:
    """A network of a known format as this defines it, a plain one as the evidence decides."""
    if foreign.structure is None:
        if options.reading:
            raise UserError(f"a file of the format {foreign.format} leaves no reading to choose; leave --reading away")
        architecture = infer_architecture(foreign.last, foreign.config)
        task = infer_task(foreign, architecture, options.p)
        return _Network(_model(architecture), task, foreign.snapshots, recognised=foreign.recognised)
    found = read_network(foreign, options)
    decided = found.decision.is_significant and options.operation is None
    operation, weights = found.decision.operation if decided else None, found.converted(foreign.snapshots)
    return _Network(found.model, found.task, weights, operation, found.decision.notes, found.structure.recognised)


def _model(architecture: Architecture) -> Transformer:
    fields = {name: getattr(architecture, name) for name in Transformer.model_fields if hasattr(architecture, name)}
    return Transformer(**fields, biases="all", init="transformer_lens")


def _steps(foreign: Foreign) -> list[int]:
    return sorted(step for step in foreign.snapshots if step is not None)


def _files(path: Path, foreign: Foreign, config: Config, mask: np.ndarray | None, notes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    origin = {"file": path.name, **_digests(path), "format": foreign.format, "notes": notes}
    for step in _steps(foreign):
        yield str(store.weights_path(Path(), step)), store.tensor_bytes(foreign.snapshots[step])
    if mask is not None:
        yield store.SPLIT, save({"is_train": mask.astype(np.uint8)})
    yield store.METRICS, _metrics(foreign)
    yield store.EXECUTION, json.dumps({"imported": origin}, indent=1).encode()
    yield store.CONFIG, config.model_dump_json(indent=1).encode()


def _digests(path: Path) -> dict[str, Any]:
    """The hash that distinguishes the file, or every file of the folder, from others of its name."""
    if not path.is_dir():
        return {"sha256": _sha256(path)}
    return {"files": {str(each.relative_to(path)): _sha256(each) for each in reading.weight_files(path)}}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _metrics(foreign: Foreign) -> bytes:
    series = {"loss": foreign.recorded, "accuracy": foreign.accuracies}
    steps = {(step, split) for by_split in series.values() for split, values in by_split.items() for step in values}
    rows = [(step, split, *(_cell(by_split, split, step) for by_split in series.values())) for step, split in sorted(steps)]
    return "".join(["step,split,loss,accuracy\n", *(",".join(map(str, row)) + "\n" for row in rows)]).encode()


def _cell(series: Mapping[str, Mapping[int, float]], split: str, step: int) -> str:
    value = series.get(split, {}).get(step)
    return "" if value is None else repr(value)
