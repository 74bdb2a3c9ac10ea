"""The train rows of a foreign network: those that its file lists, or those of the split that the user gives."""

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
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.inference.evidence import Evidence, pair_index
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.tasks.modular import Modular

SPLITS: dict[str, type[Shuffled]] = {"python-shuffle": PythonShuffle, "torch-randperm": TorchRandperm}
SEEDS = range(100)
"""The seeds that --split-seed auto tries."""
_NAMED = "the train rows are those that the file names"


def infer_split(foreign: Foreign, options: ImportOptions, evidence: Evidence, task: Modular) -> tuple[Split, np.ndarray | None, list[str]]:
    """The split, its train mask where it is known, and notes on both. Raises UserError where the options give a split in part."""
    if foreign.train_rows is not None:
        return Given(), _mask(foreign.train_rows, task.p**2)[pair_index(task)], [_NAMED]
    if "train" in foreign.pairs:
        mask, notes = _listed(foreign.pairs["train"], foreign.pairs.get("test"), task)
        return Given(), mask, [_NAMED, *notes]
    if options.split is None:
        if options.fraction is not None or options.split_seed is not None:
            raise UserError("--fraction and --split-seed need --split python-shuffle or --split torch-randperm")
        return Unknown(), None, ["the train split is unknown, so what needs it will be missing (--split, --fraction, --split-seed)"]
    return _given_by_user(options, evidence, task)


def _given_by_user(options: ImportOptions, evidence: Evidence, task: Modular) -> tuple[Split, np.ndarray, list[str]]:
    if options.split is None or options.fraction is None or options.split_seed is None:
        raise UserError("--split needs --fraction and --split-seed (a number, or auto to try 0 to 99 against the recorded losses)")
    rule = make(SPLITS[options.split], fraction=options.fraction)
    if options.split_seed != "auto":
        rule = make(type(rule), fraction=options.fraction, seed=options.split_seed)
        return rule, rule.train_rows(task), []
    rule = identify_seed(evidence, task, rule)
    return rule, rule.train_rows(task), [f"split seed {rule.seed} is the one from 0 to 99 that gives the recorded losses"]


def identify_seed(evidence: Evidence, task: Modular, rule: Shuffled) -> Shuffled:
    """The split with the one seed from 0 to 99 that gives all recorded losses. Raises UserError where no seed or several do."""
    if not evidence.recorded:
        raise UserError(
            "--split-seed auto needs losses recorded in the file, and there are none; give the seed, or leave the split unknown"
        )
    rules = [rule.model_copy(update={"seed": seed}) for seed in SEEDS]
    matching = [each for each in rules if all(check.agrees for check in evidence.check_losses(task, each.train_rows(task)))]
    if len(matching) != 1:
        seeds = ", ".join(str(each.seed) for each in matching[:5]) or "none"
        raise UserError(
            f"--split-seed auto: the seeds from 0 to 99 that give the recorded losses: {seeds}; give the seed, or leave the split unknown"
        )
    return matching[0]


def _mask(train_rows: Tensor, rows: int) -> np.ndarray:
    if train_rows.numel() == 0 or int(train_rows.min()) < 0 or int(train_rows.max()) >= rows:
        raise UserError(f"the file's train rows do not fit a table of {rows} rows; is --p right?")
    mask = torch.zeros(rows, dtype=torch.bool)
    mask[train_rows] = True
    return mask.numpy()


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
