"""The report of a study that is about something else than when runs grok: claims and differences over seeds, no table of steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mechgrok.analysis import Analysis, Claim, Number, Paired, Study, Trial
from mechgrok.config import Config
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.studies.comparing.noted_tables import read_markdown
from mechgrok.studies.page import write_study
from mechgrok.studies.trained import Trained, folder
from mechgrok.training import launch
from mechgrok.training.execution import Execution

TRIAL = Trial("x", "y", "")
ONE, OTHER = (Number("x.y", "internalisation", f"accuracy_{name}") for name in ("DtQ1", "DfQ2"))
PAIR = tuple(Number("x.y", "alias-accuracy", name) for name in ("original", "DtQ1"))
CLAIM = Claim(text="All is right", source="", value=ONE, control=OTHER, low=-1.0)
STUDY = Study("words", (TRIAL,), (0, 1), (CLAIM,), paired=(Paired("originals", *PAIR),))


class Unwatched:
    def at(self, step: int) -> None: ...
    def recorded(self, step: int, evaluations: object) -> None: ...


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    for seed in STUDY.seeds:
        config = {
            "task": {"kind": "aliases", "p": 13, "questions": 4, "design_seed": seed},
            "split": {"kind": "designed"},
            "model": {"kind": "transformer", "d_model": 8, "heads": 1, "d_mlp": 4},
            "training": {"steps": 30, "switch_at": [20], "batch": 16, "sampling": "replacement"},
            "checkpoints": {"every": 10, "log_spaced": 0},
        }
        launch.resume(launch.begin(Config.model_validate(config), folder(root, TRIAL, seed), Execution("cpu", 1)), Unwatched())
    return root


def test_a_measure_of_the_whole_run_gives_its_number_once(out: Path) -> None:
    trained = Trained(STUDY, out)
    history = trained.history("x.y", 1, "internalisation")
    assert not isinstance(history, str)
    assert history.index.tolist() == [30]
    found = analyze(trained.runs["x.y", 1], ["internalisation"], nulls=0)["internalisation"]
    assert isinstance(found, Result)
    assert trained.value(ONE, 1) == (found.headline["accuracy_DtQ1"],) * 2


def test_the_page_has_differences_and_no_steps_to_grok(out: Path) -> None:
    page = write_study(Analysis("n", "Title", "Source", "Text", (), study=STUDY), out)
    text, table = page.read_text(), page.with_name("table.md").read_text()
    assert "Differences over seeds" in text
    assert "Steps to grok" not in text
    assert "Test accuracy" not in text
    assert [line.split(" | ")[0] for line in table.splitlines() if " | by seed" in line] == ["| claim", "| difference"]
    [row] = json.loads(page.with_name("summary.json").read_text())["paired"]
    trained = Trained(STUDY, out)
    mean = sum(trained.value(PAIR[0], seed)[0] - trained.value(PAIR[1], seed)[0] for seed in STUDY.seeds) / 2  # type: ignore[operator]
    assert mean
    assert float(row["mean"].replace("−", "-")) == pytest.approx(mean, abs=1e-3)
    assert row["tested"]["mean"] == pytest.approx(mean)


def test_the_table_names_runs_measures_and_stamps(out: Path) -> None:
    table = write_study(Analysis("n", "Title", "Source", "Text", (), study=STUDY), out).with_name("table.md")
    found = json.loads(table.read_text().rpartition("<!-- mechgrok: ")[2].removesuffix(" -->\n"))
    assert {(each["run"], each["measure"]) for each in found["results"]} == {
        (f"x.y-s{seed}", name) for seed in STUDY.seeds for name in ("metrics.csv", "internalisation", "alias-accuracy")
    }
    assert all(len(each["stamp"]) == 16 for each in found["results"])
    assert set(found["software"]) == {"mechgrok", "torch"}
    assert "<!--" not in read_markdown(table)
