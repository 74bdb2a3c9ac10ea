"""Which rows a foreign network was trained on: what its file lists, or what the user says."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mechgrok.config import make
from mechgrok.data.splits.imported import Given, Unknown
from mechgrok.data.splits.python_shuffle import PythonShuffle
from mechgrok.data.splits.split import Shuffled, Split
from mechgrok.data.splits.torch_randperm import TorchRandperm
from mechgrok.errors import UserError
from mechgrok.runs.importing.evidence import Evidence, identify_seed, pairs
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.tasks.modular import Modular

SPLITS: dict[str, type[Shuffled]] = {"python-shuffle": PythonShuffle, "torch-randperm": TorchRandperm}
_NAMED = "the train rows are those that the file names"


def split_of(foreign: Foreign, options: ImportOptions, evidence: Evidence, task: Modular) -> tuple[Split, np.ndarray | None, list[str]]:
    """The split, its mask where it is known, and what is to be said of it. Raises UserError where what is said is half a split."""
    if foreign.train_rows is not None:
        return Given(), _mask(foreign.train_rows, task.p**2)[pairs(task)], [_NAMED]
    if "train" in foreign.pairs:
        mask, notes = _listed(foreign.pairs["train"], foreign.pairs.get("test"), task)
        return Given(), mask, [_NAMED, *notes]
    if options.split is None:
        if options.fraction is not None or options.split_seed is not None:
            raise UserError("--fraction and --split-seed need --split python-shuffle or --split torch-randperm")
        return Unknown(), None, ["the train split is unknown, so what needs it will be missing (--split, --fraction, --split-seed)"]
    return _said(options, evidence, task)


def _said(options: ImportOptions, evidence: Evidence, task: Modular) -> tuple[Split, np.ndarray, list[str]]:
    if options.split is None or options.fraction is None or options.split_seed is None:
        raise UserError("--split needs --fraction and --split-seed (a number, or auto to try 0 to 99 against the recorded losses)")
    rule = make(SPLITS[options.split], fraction=options.fraction)
    if options.split_seed != "auto":
        rule = make(type(rule), fraction=options.fraction, seed=options.split_seed)
        return rule, rule.train_rows(task), []
    rule = identify_seed(evidence, task, rule)
    return rule, rule.train_rows(task), [f"split seed {rule.seed} is the one from 0 to 99 that gives the recorded losses"]


def _mask(train_rows: Tensor, rows: int) -> np.ndarray:
    if train_rows.numel() == 0 or int(train_rows.min()) < 0 or int(train_rows.max()) >= rows:
        raise UserError(f"the file's train rows do not fit a table of {rows} rows; is --p right?")
    mask = torch.zeros(rows, dtype=torch.bool)
    mask[train_rows] = True
    return mask.numpy()


def _listed(train: Tensor, test: Tensor | None, task: Modular) -> tuple[np.ndarray, list[str]]:
    """The rows of the table in a file's list of pairs, and what is in one and not in the other."""
    inside = [part[(part < task.p).all(1)] @ torch.tensor([task.p, 1]) for part in (train, test) if part is not None]
    mask = _mask(inside[0], task.p**2)[pairs(task)]
    outside = len(train) + (0 if test is None else len(test)) - sum(map(len, inside))
    nowhere = int((~np.isin(pairs(task), torch.cat(inside).numpy())).sum()) if test is not None else 0
    strangers = (
        f"left out {outside} rows that the file lists with the token of a sign as a number; its losses count them, and so do ours below"
    )
    unlisted = f"{nowhere} rows of the table are in neither split of the file; they count as test rows"
    return mask, [note for note, count in ((strangers, outside), (unlisted, nowhere)) if count]
