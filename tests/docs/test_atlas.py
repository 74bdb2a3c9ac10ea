"""The page of the atlas is made from the data set alone: numbers of a planted one."""

from __future__ import annotations

import atlas
import pandas as pd
import pytest

from mechgrok.analysis import analysis

KEYS = {0: (1, 2), 1: (3,), 2: ()}
EXCESS = {0: (0.1, 0.2, 3.0, 4.0), 1: (0.1, 0.2, 3.0, 0.3), 2: (1.0, 1.0, 1.0, 1.0)}


def planted() -> pd.DataFrame:
    """Three seeds, the last of which did not grok, with four frequencies."""
    rows = [
        {"setting": "p = 59", "seed": seed, "frequency": k, "condition": 1.0, "excess": EXCESS[seed][k - 1], "key": k in KEYS[seed]}
        for seed in KEYS
        for k in range(1, 5)
    ]
    grokked = {0: 300, 1: 500, 2: None}
    facts = {"last_step": 900, "best_test_accuracy": 1.0, "proof": 2, "cost": 0.25}
    table = pd.DataFrame(rows).assign(**facts)
    seeds = table["seed"]
    return table.assign(
        grokked=seeds.map(grokked).astype("Int64"),
        algorithm=seeds.map({0: "clock", 1: "clock", 2: "no key frequencies"}),
        certified=seeds.map({0: 1.0, 1: 0.5}),
        agreement=seeds.map({0: 1.0, 1: 0.75}),
        explained=seeds.map({0: 0.9, 1: 0.7}),
    )


def test_what_is_known_of_the_runs() -> None:
    found = dict(atlas.summary(atlas.of_runs(planted())))
    assert found["runs"] == "3"
    assert found["grokked"] == "2"
    assert found["key frequencies of those that grokked, number of runs"] == "1: 1, 2: 1"
    assert found["algorithm of those that grokked, number of runs"] == "clock: 2"
    assert found["the extracted program gives all answers of the network"] == "1 of 2"
    assert found["variance of the logits that it explains, median"] == "0.8"
    assert found["all rows certified"] == "1 of 2"


def test_a_split_that_decides_has_all_pairs() -> None:
    """Seed 0: its two keys have the lowest excess. Seed 1: its key has the highest one. Seed 2 has not grokked and is left out."""
    assert atlas.shares(planted(), 0).tolist() == [1, 0]


def test_the_control_is_the_split_of_the_next_seed() -> None:
    """Seed 0 with the excess of seed 1: of (.1, .2) and (3, .3) all pairs; seed 1 with that of seed 2: ties count half."""
    assert atlas.shares(planted(), 1).tolist() == [1, 0.5]


def test_the_interval_holds_the_mean() -> None:
    words = atlas.interval(atlas.shares(pd.concat([planted(), planted().assign(seed=lambda rows: rows["seed"] + 3)]), 0))
    assert words.startswith("0.5 (")


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The page of the planted data set."""
    for name, file in {"DATA": "data.parquet", "FIGURE": "figure.svg", "PAGE": "page.md"}.items():
        monkeypatch.setattr(atlas, name, tmp_path / file)
    monkeypatch.setattr(atlas, "write", lambda figure, path: path.write_text(str(len(figure.data))))
    (tmp_path / "data.parquet").write_bytes(atlas.parquet(planted()))
    (tmp_path / "page.md").write_text(f"# Words\n\n{atlas.MARK}\n\nold tables\n")
    atlas.main(None)
    return tmp_path


def test_the_words_above_the_mark_stay_and_the_tables_below_are_new(made) -> None:
    words, tables = (made / "page.md").read_text().split(atlas.MARK)
    assert words == "# Words\n\n"
    assert "old tables" not in tables
    assert "| runs | 3 |" in tables
    assert "| p = 59 | 0.5 (" in tables


def test_the_data_set_is_that_of_the_study() -> None:
    table, study = pd.read_parquet(atlas.DATA), analysis("atlas").study
    runs = set(zip(table["setting"], table["seed"], strict=True))
    assert runs == {(trial.name, seed) for trial in study.trials for seed in study.seeds}
    assert (
        table.groupby(atlas.RUN)["frequency"].count()
        == table["setting"].map({"p = 59": 29, "p = 113": 56}).groupby([table["setting"], table["seed"]]).first()
    ).all()
