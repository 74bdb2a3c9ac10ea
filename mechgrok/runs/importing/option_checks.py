"""Options of an import that contradict each other, or have no effect on the file that is given."""

from __future__ import annotations

from pathlib import Path

from mechgrok.errors import UserError
from mechgrok.runs.importing.foreign import Foreign
from mechgrok.runs.importing.options import ImportOptions

KINDS = "python-shuffle, numpy-shuffle, torch-randperm, torch-random-split, torch-threshold or file"
_SEEDS = "a number, or auto to try 0 to 99 against the recorded losses and accuracies"


def require_consistent(options: ImportOptions) -> None:
    """Raises UserError for options of the split that contradict each other, whatever the file is."""
    _require_ranges(options)
    if options.fraction is not None and options.train_rows is not None:
        raise UserError("--fraction and --train-rows both give the size of the split; give one of them")
    if options.split == "file" and options.split_file is None:
        raise UserError("--split file needs --split-file, a file of the numbers, pairs or the mask of the train rows")
    if options.split_file is None:
        _require_kind(options)
        return
    others = [flag for flag in given_split(options) if flag not in ("--split", "--split-file")]
    if options.split not in (None, "file"):
        raise UserError(f"--split-file lists the train rows, and --split {options.split} draws them; give one of them")
    if others:
        raise UserError(f"--split-file lists the train rows; leave {', '.join(others)} away")


def _require_ranges(options: ImportOptions) -> None:
    if options.fraction is not None and not 0 < options.fraction <= 1:
        raise UserError(f"--fraction {options.fraction}: a share of the rows, above 0 and at most 1")
    if options.train_rows is not None and options.train_rows < 1:
        raise UserError(f"--train-rows {options.train_rows}: a number of rows, 1 or more")
    if isinstance(options.split_seed, int) and options.split_seed < 0:
        raise UserError(f"--split-seed {options.split_seed}: a seed is 0 or more")


def _require_kind(options: ImportOptions) -> None:
    """Raises UserError for a seed or size without a kind of split; `auto` tries all kinds."""
    given = [flag for flag in given_split(options) if flag != "--split"]
    if options.split is None and given and options.split_seed != "auto":
        raise UserError(f"{', '.join(given)}: give the kind of split too, --split {KINDS}")
    is_sized = options.fraction is not None or options.train_rows is not None
    if options.split is not None and (options.split_seed is None or not (is_sized or options.split_seed == "auto")):
        raise UserError(f"--split needs --fraction and --split-seed ({_SEEDS}); instead of a fraction, --train-rows gives a number of rows")
    if options.split == "torch-threshold" and options.train_rows is not None:
        raise UserError(
            "--split torch-threshold has a share of test rows, no number of train rows; give --fraction instead of --train-rows"
        )


def require_records(options: ImportOptions, foreign: Foreign) -> None:
    """Raises UserError for a seed that the records of a file without records shall determine."""
    names_rows = foreign.train_rows is not None or "train" in foreign.pairs
    if options.split_seed == "auto" and not (names_rows or foreign.recorded or foreign.accuracies):
        needed = "--split-seed auto needs losses recorded in the file, or accuracies, and there are none"
        raise UserError(f"{needed}; give the seed, or leave the split unknown")


def given_split(options: ImportOptions) -> list[str]:
    """The flags of the split that the user gives."""
    values = {
        "--split": options.split,
        "--fraction": options.fraction,
        "--train-rows": options.train_rows,
        "--split-seed": options.split_seed,
        "--split-file": options.split_file,
    }
    return [flag for flag, value in values.items() if value is not None]


def require_for_log(options: ImportOptions) -> None:
    """Raises UserError for options of a network, which a log of curves alone lacks."""
    named = [*given_split(options), *(["--step"] if options.step is not None else []), *(["--reading"] if options.reading else [])]
    if named:
        raise UserError(f"leave {', '.join(named)} away: a log of curves holds no network, so it has neither train rows nor a step")


def require_log(options: ImportOptions, path: Path) -> None:
    """Raises UserError for columns of a log where there is none."""
    if options.columns:
        raise UserError(f"--columns names columns of a log, and {path} holds none that is read; leave --columns away")
