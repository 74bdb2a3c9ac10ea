"""The train rows of a foreign network: those that its file lists, those of a file of rows, or those of the split that the user gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mechgrok.data.splits.file import FromFile
from mechgrok.data.splits.imported import Given, Unknown
from mechgrok.data.splits.split import RandomSplit, Split
from mechgrok.errors import UserError
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.evidence import Evidence, pair_index
from mechgrok.runs.importing.inference.splits.masks import mask_of
from mechgrok.runs.importing.inference.splits.rules import KINDS, SHUFFLED, rule_of
from mechgrok.runs.importing.inference.splits.search import Records, search
from mechgrok.runs.importing.option_checks import given_split
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.tasks.modular import Modular

_NAMED = "the train rows are those that the file names"
UNKNOWN = (
    "the train split is unknown, so what needs it will be missing; --split-seed auto looks for it by the recorded losses, "
    "--split-file takes a list of its rows, --split with --fraction and --split-seed a rule"
)


def infer_split(foreign: Foreign, options: ImportOptions, evidence: Evidence, task: Modular) -> tuple[Split, np.ndarray | None, list[str]]:
    """The split, its train mask where it is known, and notes on both. Raises UserError where the options give a split in part."""
    if options.split_file is not None:
        return _of_file(options.split_file, task)
    if options.train_rows is not None and options.train_rows > len(task.units()):
        raise UserError(f"--train-rows {options.train_rows}: the table has {len(task.units())} rows")
    if foreign.train_rows is not None or "train" in foreign.pairs:
        _refuse_other_rows(options)
    if foreign.train_rows is not None:
        return Given(), _mask(foreign.train_rows, task.p**2)[pair_index(task)], [_NAMED]
    if "train" in foreign.pairs:
        mask, notes = _listed(foreign.pairs["train"], foreign.pairs.get("test"), task)
        return Given(), mask, [_NAMED, *notes]
    if options.split_seed == "auto":
        return _found(options, Records.of(foreign, evidence, task), task)
    return _given_by_user(options, task)


def _refuse_other_rows(options: ImportOptions) -> None:
    """Raises UserError where the user gives a split beside the train rows of the file."""
    if given := given_split(options):
        raise UserError(f"the file names its train rows; leave {', '.join(given)} away, or give other rows by --split-file")


def _of_file(path: Path, task: Modular) -> tuple[Split, np.ndarray, list[str]]:
    """The rows that a file of the user lists; the run keeps its own copy."""
    mask = FromFile(path=str(path)).train_rows(task)
    return Given(), mask, [f"{int(mask.sum())} train rows are those of {path.name}"]


def _given_by_user(options: ImportOptions, task: Modular) -> tuple[Split, np.ndarray | None, list[str]]:
    if options.split is None:
        return Unknown(), None, [UNKNOWN]
    assert isinstance(options.split_seed, int), "require_consistent refuses a split without a seed"
    rule = rule_of(options.split, options.split_seed, options.fraction, options.train_rows)
    return rule, rule.train_rows(task), []


def _found(options: ImportOptions, records: Records, task: Modular) -> tuple[RandomSplit, np.ndarray, list[str]]:
    """The split that the records determine, among those that the options leave."""
    sized = KINDS if options.train_rows is None else SHUFFLED
    kinds = list(sized) if options.split is None else [options.split]
    rule, note = search(records, kinds, options.fraction, options.train_rows)
    return rule, rule.train_rows(task), [note]


def _mask(train_rows: Tensor, rows: int) -> np.ndarray:
    """The mask of row numbers. Raises UserError where they do not fit."""
    mask = mask_of(train_rows, rows)
    if mask is None:
        raise UserError(f"the file's train rows do not fit a table of {rows} rows; is --p right?")
    return mask


def _listed(train: Tensor, test: Tensor | None, task: Modular) -> tuple[np.ndarray, list[str]]:
    """The train mask of the table from the pairs that the file lists, and notes on pairs outside the table and rows in neither list."""
    inside = [part[(part < task.p).all(1)] @ torch.tensor([task.p, 1]) for part in (train, test) if part is not None]
    mask = _mask(inside[0], task.p**2)[pair_index(task)]
    outside = len(train) + (0 if test is None else len(test)) - sum(map(len, inside))
    unlisted = int((~np.isin(pair_index(task), torch.cat(inside).numpy())).sum()) if test is not None else 0
    notes = {
        f"left out {outside} rows that the file lists with the token of a sign as a number; its losses count them, "
        "and so do the losses recomputed below": outside,
        f"{unlisted} rows of the table are in neither split of the file; they count as test rows": unlisted,
    }
    return mask, [note for note, count in notes.items() if count]
