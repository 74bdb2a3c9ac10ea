"""The page of a comparison."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pandas as pd
from compared_runs import compared_run, sweep_of
from made_runs import make_run

import mechgrok
from mechgrok.maths.statistics.censored import Estimate
from mechgrok.studies.comparing.texts import estimate_text

SLEEP = ((0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0), (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4))
"""Hours of sleep gained with two drugs by ten patients, with p = .0028 and the interval .70 to 2.46 (Student 1908)."""


def words(page: Path) -> str:
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", page.read_text(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_few_runs_have_neither_interval_nor_test(tmp_path: Path) -> None:
    sweep_of(tmp_path, {0.5: [60, 80, None], 2.0: [None, None, 50]})
    text = words(mechgrok.compare(tmp_path).write(tmp_path / "out"))
    assert "weight_decay 0.5 3 3 of 3 20 2 of 3 80" in text
    assert "weight_decay 2 3 3 of 3 20 1 of 3 > 100" in text
    assert "No test and no interval" in text
    assert "95 %" not in text
    assert "decay=0.5-s2 0.5 2 20 > 100 100 4 0.1 1, 3" in text


def test_six_runs_have_both(tmp_path: Path) -> None:
    sweep_of(tmp_path, {0.5: [50, 60, 60, 70, 80, None], 2.0: [30, 30, 30, 40, 40, 40]})
    text = words(mechgrok.compare(tmp_path).write(tmp_path / "out"))
    assert "5 of 6 60 (50 to > 100)" in text
    assert re.search(r"weight_decay 0.5 / weight_decay 2 2 \([\d.]+ to [\d.∞]+\) 0.00\d+ 0.00\d+", text)
    assert "No test" not in text


def test_numbers_of_measures_are_compared_seed_by_seed(tmp_path: Path) -> None:
    for seed, (before, after) in enumerate(zip(*SLEEP, strict=True)):
        for decay, hours in ((0.5, before), (2.0, after)):
            compared_run(tmp_path / f"{decay}-{seed}", decay, seed, 30, gini={"W_E": hours})
    text = words(mechgrok.compare(tmp_path, measures=["gini"]).write(tmp_path / "out"))
    expected = "gini W_E weight_decay 0.5 \u2212 weight_decay 2 10 \u22121.58 \u22122.46 to \u22120.7 0.0028 0.0028"
    assert expected in text


def test_it_says_what_differs_within_a_group_and_which_command_makes_results(tmp_path: Path) -> None:
    compared_run(tmp_path / "a <b>", 0.5, 0, 30)
    compared_run(tmp_path / "c", 2.0, 1, 30)
    page = mechgrok.compare(tmp_path, by=[]).write(tmp_path / "out")
    assert "Runs of one group differ in optimizer.weight_decay, too." in words(page)
    assert f"mechgrok analyze '{tmp_path}/a <b>' {tmp_path}/c key-frequencies logit-cosines restricted-loss" in words(page)
    assert "a &lt;b&gt;" in page.read_text()
    assert pd.read_csv(tmp_path / "out" / "runs.csv")["run"].tolist() == ["a <b>", "c"]


def test_a_run_without_curves_has_dashes(tmp_path: Path) -> None:
    make_run(tmp_path / "run", steps=())
    text = words(mechgrok.compare([tmp_path / "run"]).write(tmp_path / "out"))
    assert "run \u2013 \u2013 \u2013 \u2013 \u2013 \u2013" in text
    assert "all runs 1 \u2013 \u2013 \u2013 \u2013" in text


def test_estimates_as_text() -> None:
    assert estimate_text(Estimate(60, 50, float("inf")), 100).replace("\u00a0", " ") == "60 (50 to > 100)"
    assert estimate_text(Estimate(float("inf"), float("inf"), float("inf")), 100).replace("\u00a0", " ") == "> 100"
    assert estimate_text(Estimate(60), 100) == "60"
