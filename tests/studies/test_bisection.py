"""The smallest share that groks: found with few runs, in any order of what groks, and shown in the report."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from mechgrok.analysis import Analysis, Claim, Share, Study, Threshold
from mechgrok.api.settings import changed
from mechgrok.studies import bisection
from mechgrok.studies.bisection import next_runs, next_share, share_ratio, smallest
from mechgrok.studies.page import interval, write_study
from mechgrok.studies.trained import folder
from mechgrok.training import launch
from mechgrok.training.execution import Execution
from mechgrok.training.presets import PRESETS

SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
TINY = {"task.p": 7, "model.d_model": 8, "model.heads": 1, "model.d_mlp": 8, "training.steps": 15, "training.evaluate_every": 5}
SCRATCH, EMBEDDED = (
    Threshold("2a+b", column, "train demo --split.fraction {share} --seed {seed}", (0.3, 0.9)) for column in ("scratch", "PG-E")
)
CLAIM = Claim("less", "table 1", Share("2a+b.PG-E", than="2a+b.scratch"), Share("2a+b.scratch", than="2a+b.PG-E"), high=1.0)
STUDY = Study("words", (), (0, 3), (CLAIM,), thresholds=(SCRATCH, EMBEDDED))


class Unwatched:
    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: object) -> None: ...


@pytest.mark.parametrize("count", range(1, 10))
def test_every_threshold_is_found_with_as_few_runs_as_bisection_needs(count: int) -> None:
    shares = tuple(place / 10 for place in range(1, count + 1))
    for true in (*shares, math.inf):
        grokked: dict[float, bool] = {}
        while (share := next_share(shares, grokked)) is not None:
            assert share not in grokked
            assert smallest(shares, grokked) is None
            grokked[share] = share >= true
        assert smallest(shares, grokked) == true
        assert len(grokked) <= math.ceil(math.log2(count + 1))


def test_runs_that_are_there_already_are_used() -> None:
    assert next_share(SHARES, {}) == 0.6
    assert next_share(SHARES, {0.9: True, 0.4: False}) == 0.6
    assert smallest(SHARES, {0.4: False, 0.5: True}) == 0.5
    assert smallest(SHARES, {0.9: False}) == math.inf


def test_the_next_run_depends_on_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """2a+b groks from .5 on with one seed and at no share with the other."""
    found: dict[tuple[str, int], dict[float, bool]] = {}
    monkeypatch.setattr(bisection, "tried", lambda threshold, seed, out: found.setdefault((threshold.name, seed), {}))
    threshold = Threshold("2a+b", "scratch", "train demo --split.fraction {share}", SHARES)
    study = Study("", (), (0, 1), (), thresholds=(threshold,))
    asked = []
    while runs := next_runs(study, Path()):
        assert [seed for _, seed in runs] == sorted({seed for _, seed in runs}), "one for each seed at a time"
        for trial, seed in runs:
            share = float(trial.command.rpartition(" ")[2])
            asked.append((seed, share, trial.name))
            found["2a+b.scratch", seed][share] = seed == 0 and share >= 0.5
    of_seed = [each for each in asked if each[0] == 0]
    assert of_seed == [(0, 0.6, "2a+b.scratch at 0.6"), (0, 0.4, "2a+b.scratch at 0.4"), (0, 0.5, "2a+b.scratch at 0.5")]
    assert [share for seed, share, _ in asked if seed == 1] == [0.6, 0.8, 0.9]


@pytest.mark.parametrize(
    ("own", "other", "known"),
    [
        ({0.3: True}, {0.3: False, 0.9: True}, (0.3 / 0.9,) * 2),
        ({0.9: False}, {0.3: True}, (math.inf,) * 2),
        ({0.3: True}, {0.9: False}, (0.0, 0.0)),
        ({0.9: False}, {0.9: False}, "no share of either groks"),
        ({0.3: True}, {}, "the smallest share is not known yet with seed 0"),
    ],
)
def test_the_ratio_of_two_shares(own, other, known, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"2a+b.PG-E": own, "2a+b.scratch": other}
    monkeypatch.setattr(bisection, "tried", lambda threshold, seed, out: found[threshold.name])
    ratio = share_ratio(STUDY, CLAIM.value, 0, Path())
    assert ratio == (known if isinstance(known, str) else pytest.approx(known))


def test_a_share_that_is_never_enough_is_infinitely_larger() -> None:
    assert interval((math.inf, math.inf)) == "∞"
    assert interval((0.5, 0.5)) == "0.5"


def test_the_report_shows_shares_and_claims(tmp_path: Path) -> None:
    """Nothing groks in 15 steps; with seed 3 nothing was trained."""
    study = replace(STUDY, thresholds=tuple(replace(each, shares=(0.9,)) for each in STUDY.thresholds))
    for threshold in study.thresholds:
        for share in threshold.shares:
            trial = threshold.at(share)
            assert f"--split.fraction {share} " in trial.command
            config = changed(PRESETS["demo"].config, TINY | {"split.fraction": share, "model.seed": trial.column.startswith("PG-E")})
            launch.resume(launch.begin(config, folder(tmp_path, trial, 0), Execution("cpu", 1)), Unwatched())
    page = write_study(Analysis("n", "Title", "Source", "Text", (), study=study), tmp_path)
    table, summary = page.with_name("table.md").read_text(), json.loads(page.with_name("summary.json").read_text())
    assert "| 2a+b | > 0.9, – | > 0.9, – |" in table
    assert "no share of either groks" in table
    assert "Steps to grok" not in page.read_text()
    assert "Smallest share that groks" in page.read_text()
    assert summary["shares"][1] == ["2a+b", "> 0.9, –", "> 0.9, –"]
