"""Published networks, imported once a session; their measures are computed when a test takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from kinds_of_runs import Outcomes
from on_demand import OnDemand
from usual_reading import RELU, usual_reading

from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import Run, open_run

READING = usual_reading("a b 113", *RELU)
"""Named, since the search for it is tested elsewhere and takes ten seconds."""


@pytest.fixture(scope="session")
def nanda_run(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """nanda2023/low_precision_mod_addition.pth: p = 113, split python-shuffle of .3 with seed 1."""
    out = tmp_path_factory.mktemp("nanda") / "R"
    import_file(
        oracles / "nanda2023" / "low_precision_mod_addition.pth",
        out,
        ImportOptions(fraction=0.3, split="python-shuffle", split_seed=1, reading=READING),
    )
    return open_run(out)


@pytest.fixture(scope="session")
def nanda(nanda_run: Run) -> OnDemand:
    return OnDemand(nanda_run)


@pytest.fixture(scope="session")
def chughtai_run(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """chughtai2023/C113_T_seed1: a HookedTransformer state dict, 113 classes, split unknown."""
    out = tmp_path_factory.mktemp("chughtai") / "R"
    import_file(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt", out, ImportOptions(reading=READING))
    return open_run(out)


@pytest.fixture(scope="session")
def chughtai(chughtai_run: Run) -> OnDemand:
    return OnDemand(chughtai_run)


@pytest.fixture(scope="session")
def chughtai_split_run(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same network with the split that reproduces the authors' train and test losses; it is in none of their files."""
    out = tmp_path_factory.mktemp("chughtai") / "R"
    said = ImportOptions(fraction=0.3, split="torch-randperm", split_seed=1, reading=READING)
    import_file(oracles / "chughtai2023" / "C113_T_seed1" / "model.pt", out, said)
    return open_run(out)


@pytest.fixture(scope="session")
def chughtai_split(chughtai_split_run: Run) -> OnDemand:
    return OnDemand(chughtai_split_run)


@pytest.fixture(scope="session")
def authors(oracles: Path) -> Mapping[str, float]:
    """Numbers that the authors of chughtai2023 published for C113_T_seed1."""
    return json.loads((oracles / "chughtai2023" / "C113_T_seed1" / "summary_metrics.json").read_text())


@pytest.fixture(scope="session")
def pizza_run(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """zhong2023/model_p99zdpze5l.pt: p = 59, uniform attention, the paper's example of a pizza."""
    out = tmp_path_factory.mktemp("zhong") / "R"
    import_file(oracles / "zhong2023" / "model_p99zdpze5l.pt", out, ImportOptions())
    return open_run(out)


@pytest.fixture(scope="session")
def pizza(pizza_run: Run) -> OnDemand:
    return OnDemand(pizza_run)


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Outcomes of measures on each kind of run."""
    return Outcomes(tmp_path_factory.mktemp("runs"))
