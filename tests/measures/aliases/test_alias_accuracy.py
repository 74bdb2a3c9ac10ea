"""alias-accuracy on planted networks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from made_runs import make_run
from planted import Planted, measured

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable
from mechgrok.measures.aliases.alias_accuracy import AliasAccuracy
from mechgrok.runs.grid import Grid
from mechgrok.runs.run import open_run
from mechgrok.tasks.aliases import Aliases

P, SURE = 41, 6.0
TASK = Aliases(p=P, questions=6, held_out=0.5)
RIGHT = math.log(1 + (P - 1) * math.exp(-SURE))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """A network that knows every original row, and the aliases of even integers: to all else it says the answer plus one."""
    knows = (TASK.integer_of_row() < 0) | (TASK.integer_of_row() % 2 == 0)
    said = np.where(knows, TASK.answers(), (TASK.answers() + 1) % P)
    logits = SURE * torch.nn.functional.one_hot(torch.from_numpy(said), P).double()
    return measured(AliasAccuracy(), Planted(Grid.of(TASK, None), logits)).table.set_index(["part", "rows_are"])


def test_each_set_is_counted_by_itself(table: pd.DataFrame) -> None:
    for name in TASK.sets:
        number = TASK.part_names.index(name)
        integers = sorted(set(TASK.integer_of_row()[TASK.part_of_row() == number].tolist()))
        even = sum(each % 2 == 0 for each in integers) / len(integers)
        row = table.loc[(name, "held out")]
        assert row["rows"] == len(integers) * (3 if name in ("DtQ1", "DfQ2") else 6)
        assert row["accuracy"] == pytest.approx(even, rel=1e-12)
        assert row["loss"] == pytest.approx(RIGHT + (1 - even) * SURE, rel=1e-9)
        assert table.loc[(f"{name}-definitions", "trained on"), "accuracy"] == pytest.approx(even, rel=1e-12)
        # Every alias is all right or all wrong: as many independent facts as integers, not as questions.
        spread = math.sqrt(even * (1 - even) / (len(integers) - 1))
        assert row["error"] == pytest.approx(spread, rel=1e-9)
    assert table.loc[("original", "held out"), ["accuracy", "error"]].tolist() == [1.0, 0.0]


def test_a_trained_question_about_a_square_bounds_nothing_and_none_does(table: pd.DataFrame) -> None:
    """Of a^2 + b^2 modulo 29 with b given, 14 values come twice and that of a = 0 once."""
    bound = table["bound"].xs("held out", level="rows_are")
    assert bound[["DtQ1", "DfQ2"]].tolist() == [1.0, 1.0]
    assert bound[["Dt3", "Df4"]].tolist() == pytest.approx([2 / P, 2 / P])
    assert math.isnan(bound["original"])


def test_a_run_without_aliases_is_not_for_it(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    for name in ("alias-accuracy", "internalisation"):
        outcome = analyze(run, [name], nulls=0)[name]
        assert isinstance(outcome, NotApplicable)
        assert "no aliases" in outcome.reason
