"""Runs from files that other people published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor

from mechgrok.config import Config, Training, make
from mechgrok.data.splits.imported import Given, Unknown
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.data.splits.split import Shuffled, Split
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.errors import UserError
from mechgrok.models.architecture import Architecture
from mechgrok.models.transformer import Transformer
from mechgrok.runs import store
from mechgrok.runs.creation import create, refuse_existing
from mechgrok.runs.evidence import Evidence, Told, identify_operation, identify_seed, pairs
from mechgrok.runs.importers import infer, pickles, recognition, zhong2023
from mechgrok.runs.importers.foreign import Foreign
from mechgrok.tasks.modular import Modular
from mechgrok.tasks.operations import Operation

SPLITS: dict[str, type[Shuffled]] = {"python-shuffle": PythonShuffle, "torch-randperm": TorchRandperm}


@dataclass(frozen=True)
class Said:
    """What the user says of a file that does not say it itself."""

    p: int | None = None
    operation: Operation | None = None
    fraction: float | None = None
    split: Literal["python-shuffle", "torch-randperm"] | None = None
    split_seed: int | Literal["auto"] | None = None
    step: int | None = None


@dataclass(frozen=True)
class Imported:
    """A new run, and what is to be told about how it came about."""

    config: Config
    steps: tuple[int, ...]
    notes: tuple[str, ...]
    losses: tuple[Told, ...]
    """Recorded losses beside the recomputed ones."""


def import_file(path: Path, out: Path, said: Said) -> Imported:
    """Makes a run at `out` of a weights file. Raises UserError, with nothing written, where that cannot be."""
    refuse_existing(out)
    data = zhong2023.joined(path, pickles.read(path))
    with _naming(path):
        foreign = _dated(recognition.recognise(data).convert(data), said.step)
        architecture = infer.architecture(foreign.last, foreign.config)
        task = _task(architecture, said)
    evidence = Evidence.of(foreign, architecture, task.inputs())
    task = task.model_copy(update={"operation": identify_operation(evidence, task, said.operation)})
    split, mask, found = _split(foreign, said, evidence, task)
    losses = evidence.compare(task, mask)
    unchecked = () if losses else ("nothing in the file tells whether what was said of it is right",)
    notes = (*foreign.notes, *found, *map(str, losses), *unchecked)
    config = Config(task=task, split=split, model=_model(architecture), training=Training(steps=max(_steps(foreign))))
    create(out, _files(path, foreign, config, mask, notes))
    return Imported(config, tuple(_steps(foreign)), notes, losses)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Puts the file's name before what is wrong with its contents."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _dated(foreign: Foreign, step: int | None) -> Foreign:
    """The snapshots with a step for each: the one that the user says, or 0, where the file names none."""
    if step is not None and step < 0:
        raise UserError(f"--step {step}: a step is a number of updates, 0 or more")
    if None not in foreign.snapshots:
        if step is not None:
            raise UserError(f"the file says its steps itself ({', '.join(map(str, _steps(foreign)[-3:]))}); leave --step away")
        return foreign
    note = () if step is not None else ("the file does not say the step of its weights: stored as step 0 (--step N says it)",)
    return replace(foreign, snapshots={step or 0: foreign.snapshots[None]}, notes=(*foreign.notes, *note))


def _steps(foreign: Foreign) -> list[int]:
    return sorted(step for step in foreign.snapshots if step is not None)


def _task(architecture: Architecture, said: Said) -> Modular:
    if architecture.n_ctx < 2:
        raise UserError(f"the file's network reads {architecture.n_ctx} token a row; only rows a b = and a b can be imported")
    layout, signs = ("a b", 0) if architecture.n_ctx == 2 else ("a b =", 1)
    p = architecture.d_vocab - signs if said.p is None else said.p
    if architecture.d_vocab != p + signs or architecture.d_vocab_out not in (p, p + signs):
        raise UserError(
            f"the file's network has {architecture.d_vocab} tokens and {architecture.d_vocab_out} classes; "
            + (f"modulo {p} they would be {p + 1}, '=' among them, and {p} or {p + 1}" if signs else f"modulo {p} they would be {p} each")
            + ("" if said.p is None else f"; did you mean --p {architecture.d_vocab - signs}?")
        )
    return make(Modular, p=p, layout=layout, loss_classes="vocab" if architecture.d_vocab_out == p + signs else "numbers")


def _split(foreign: Foreign, said: Said, evidence: Evidence, task: Modular) -> tuple[Split, np.ndarray | None, list[str]]:
    """The split, its mask where it is known, and what is to be said of it."""
    if foreign.train_rows is not None:
        return Given(), _mask(foreign.train_rows, task.p**2)[pairs(task)], ["the train rows are those that the file names"]
    if said.split is None:
        if said.fraction is not None or said.split_seed is not None:
            raise UserError("--fraction and --split-seed need --split python-shuffle or --split torch-randperm")
        return Unknown(), None, ["the train split is unknown, so what needs it will be missing (--split, --fraction, --split-seed)"]
    if said.fraction is None or said.split_seed is None:
        raise UserError("--split needs --fraction and --split-seed (a number, or auto to try 0 to 99 against the recorded losses)")
    rule = make(SPLITS[said.split], fraction=said.fraction)
    if said.split_seed != "auto":
        rule = make(type(rule), fraction=said.fraction, seed=said.split_seed)
        return rule, rule.train_rows(task), []
    rule = identify_seed(evidence, task, rule)
    return rule, rule.train_rows(task), [f"split seed {rule.seed} is the one from 0 to 99 that gives the recorded losses"]


def _mask(train_rows: Tensor, rows: int) -> np.ndarray:
    if train_rows.numel() == 0 or int(train_rows.min()) < 0 or int(train_rows.max()) >= rows:
        raise UserError(f"the file's train rows do not fit a table of {rows} rows; is --p right?")
    mask = torch.zeros(rows, dtype=torch.bool)
    mask[train_rows] = True
    return mask.numpy()


def _model(architecture: Architecture) -> Transformer:
    if architecture.eps != Architecture.eps:
        raise UserError(f"the file's LayerNorm has eps {architecture.eps:g}; only {Architecture.eps:g} can be imported")
    fields = {name: getattr(architecture, name) for name in Transformer.model_fields if hasattr(architecture, name)}
    return make(Transformer, **fields, biases="all", init="transformer_lens")


def _files(path: Path, foreign: Foreign, config: Config, mask: np.ndarray | None, notes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    origin = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "format": foreign.format, "notes": notes}
    for step in _steps(foreign):
        yield str(store.weights_path(Path(), step)), store.tensor_bytes(foreign.snapshots[step])
    if mask is not None:
        yield store.SPLIT, save({"is_train": mask.astype(np.uint8)})
    yield store.METRICS, _metrics(foreign)
    yield store.EXECUTION, json.dumps({"imported": origin}, indent=1).encode()
    yield store.CONFIG, config.model_dump_json(indent=1).encode()


def _metrics(foreign: Foreign) -> bytes:
    rows = sorted((step, split, loss) for split, losses in foreign.recorded.items() for step, loss in losses.items())
    return "".join(["step,split,loss,accuracy\n", *(f"{step},{split},{loss!r},\n" for step, split, loss in rows)]).encode()
