"""The table of a comparison: one row a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from mechgrok.measures.base.measure import BaseMeasure
from mechgrok.report.curves import SPLITS
from mechgrok.studies.comparing.compared import Compared
from mechgrok.studies.comparing.headlines import Headline, is_number

KEYS = "key_frequencies"
TIMES = {"memorised": "train", "generalised": "test"}
"""The columns of times, and the split whose accuracy each is of."""
Stored = Mapping[str, Mapping[str, Headline]]
"""Headlines by run and label."""


def frame(runs: Sequence[Compared], varying: Mapping[str, Sequence[Any]], stored: Stored, measures: Sequence[BaseMeasure]) -> pd.DataFrame:
    """A row a run: values that vary, times (empty where not reached by `last_step`), final losses, key frequencies, chosen numbers."""
    rows = [_row(run, {path: values[index] for path, values in varying.items()}, stored[run.name]) for index, run in enumerate(runs)]
    chosen = [dict(_numbers(stored[run.name], measures)) for run in runs]
    return pd.DataFrame([row | numbers for row, numbers in zip(rows, chosen, strict=True)]).convert_dtypes(
        convert_string=False, convert_boolean=False, convert_floating=False
    )


def _row(run: Compared, values: Mapping[str, Any], stored: Mapping[str, Headline]) -> dict[str, Any]:
    steps = {name: run.times[split].step if split in run.times else None for name, split in TIMES.items()}
    final = {f"{split}_{name}": _final(run, split, name) for name in ("loss", "accuracy") for split in SPLITS}
    keys = stored["key-frequencies"].numbers.get("frequencies") if "key-frequencies" in stored else None
    return {"run": run.name, **values, **steps, "last_step": run.last_step, **final, KEYS: None if keys is None else tuple(keys)}


def _final(run: Compared, split: str, name: str) -> float:
    return float(getattr(run.curves[split], name)[-1]) if split in run.curves else float("nan")


def _numbers(stored: Mapping[str, Headline], measures: Sequence[BaseMeasure]) -> Iterator[tuple[str, Any]]:
    """The single numbers of the chosen measures, and the lists of those that have no single number."""
    for measure in measures:
        found = stored[measure.label].numbers if measure.label in stored else {}
        yield from ((f"{measure.label} {key}", value) for key, value in found.items() if value is None or is_number(value))
