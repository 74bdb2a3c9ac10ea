"""The page on early warnings is made from the data set alone, and its committed tables agree with one another."""

from __future__ import annotations

import io
import re

import early_warning
import pandas as pd
import pytest
from planted_warnings import collected

from mechgrok.analysis import analysis
from mechgrok.maths.statistics.concordance import pairs
from mechgrok.studies.early_warning import choice
from mechgrok.studies.early_warning.at_risk import at_risk
from mechgrok.studies.early_warning.collected import FACTS, parquet


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The page of a small planted data set."""
    places = {"DATA": "data.parquet", "AREAS": "areas.csv", "FIGURE": "figure.svg", "PAGE": "page.md"}
    for name, file in places.items():
        monkeypatch.setattr(early_warning, name, tmp_path / file)
    monkeypatch.setattr(early_warning, "write", lambda figure, path: path.write_text(str(len(figure.data))))
    monkeypatch.setattr(early_warning, "HORIZONS", (100,))
    (tmp_path / "data.parquet").write_bytes(parquet(collected(settings=2, seeds=8)))
    (tmp_path / "page.md").write_text(f"# Words\n\n{early_warning.MARK}\n\nold tables\n")
    early_warning.main(None)
    return tmp_path


def test_the_words_above_the_mark_stay_and_the_tables_below_are_new(made):
    words, tables = (made / "page.md").read_text().split(early_warning.MARK)
    assert words == "# Words\n\n"
    assert "old tables" not in tables
    assert "| all | 16 | 8 | 0 | 8 |" in tables
    assert "high gini: planted x" in tables
    assert "| low | gini: planted fallen |" in tables


def test_the_tables_count_the_runs_of_each_half(made):
    """Half of the seeds judge, and of each half those with remainder 0 or 1 modulo 4 grok."""
    tables = (made / "page.md").read_text()
    assert "checkpoints of 16 runs are at risk" in tables
    assert "8 of the 16 runs judge, the others choose." in tables
    assert "- Within 100 steps 4 of 8 choosing and 4 of 8 judging runs have a positive checkpoint." in tables


def test_numbers_that_are_as_good_with_own_keys_are_counted():
    found = {"all": (0.7, 0.7), "test": (0.7, 0.8), "train": (0.704, 0.703)}
    pairs_of = [
        (f"restricted-loss{keys}: {key}", areas[place]) for key, areas in found.items() for place, keys in enumerate(("", "(keys=own)"))
    ]
    rows = [
        {"number": name, "comparison": each, "auroc": area}
        for name, area in pairs_of
        for each in (early_warning.STEP, early_warning.WITHIN)
    ]
    lines = early_warning.keys(pd.DataFrame(rows)).splitlines()
    assert lines[0].startswith("At the same step, 2 of the 3 numbers")
    assert lines[-1] == "| restricted-loss: train | 0.70 | 0.70 | 0.70 | 0.70 |"


def test_the_table_of_areas_has_each_number_in_each_comparison(made):
    areas = pd.read_csv(made / "areas.csv")
    assert areas.groupby("number").size().unique().tolist() == [4]
    assert (made / "figure.svg").read_text() == "12"


def test_the_committed_data_are_those_of_the_study():
    table, study = pd.read_parquet(early_warning.DATA), analysis("early_warning").study
    of_run = table.groupby("run").first()
    assert set(of_run.index) == {f"{trial.name}-s{seed}" for trial in study.trials for seed in study.seeds}
    assert of_run["grokked"].isna().mean() >= 1 / 3
    assert early_warning.DATA.stat().st_size < 20e6


def test_the_committed_areas_are_those_of_the_committed_data():
    areas = pd.read_csv(early_warning.AREAS).set_index(["comparison", "number"])
    risk = at_risk(pd.read_parquet(early_warning.DATA), list(FACTS))
    for judged, column in ((False, "auroc_choosing"), (True, "auroc")):
        rows = risk.rows[risk.rows["judged"] == judged]
        for number in (choice.TEST_LOSS, choice.NORM):
            row = areas.loc[("same step", number)]
            found = pairs(row["direction"] * risk.scores[number][rows.index], rows["positive"], rows["run"], rows["step"]).auroc
            assert row[column] == pytest.approx(found, abs=1e-4)


def test_the_committed_page_names_the_best_numbers_of_the_committed_areas():
    areas = pd.read_csv(early_warning.AREAS)
    risk = at_risk(pd.read_parquet(early_warning.DATA), list(FACTS))
    best = choice.best(areas, choice.candidates(risk))
    named = re.findall(r"\*\*(?:high|low) (.+?)\*\*", early_warning.PAGE.read_text().split(early_warning.MARK)[1])
    assert named == list(best.values())


def test_the_file_of_the_data_set_is_read_as_it_was_collected():
    table = collected(settings=1, seeds=2)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(parquet(table)))[list(FACTS)], table[list(FACTS)])
