"""The entry of a result names what is stored."""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_runs import write_weights

import mechgrok
from mechgrok.api import drawn_panels
from mechgrok.engine import results
from mechgrok.engine.provenance import of_curves, of_result, provenance
from mechgrok.measures.frequencies.gini import Gini
from mechgrok.runs.run import open_run


def stamp_of_last_step(folder: Path) -> str:
    """The digest of the stamp of the last step, put together from the metadata of the file."""
    [path] = (folder / "results" / "gini").rglob("tables.parquet")
    described = json.loads(pq.read_metadata(path).metadata[b"mechgrok"])
    _, _, common, _, own = described["steps"][-1]
    stamp = json.dumps({**json.loads(described["shared"][common]), **own}, sort_keys=True)
    return hashlib.sha256(stamp.encode()).hexdigest()[:16]


def test_a_stored_result_has_the_digest_of_its_stamp(folder: Path) -> None:
    mechgrok.analyze(folder, ["gini"], nulls=0)
    expected = {"run": "run", "measure": "gini", "step": 20, "stamp": stamp_of_last_step(folder)}
    assert of_result("run", folder, Gini(), None) == expected
    drawn = mechgrok.figure(open_run(folder), "gini")
    software = {name: importlib.metadata.version(name) for name in ("mechgrok", "torch")}
    assert drawn.layout.meta["provenance"] == {"results": [expected], "software": software}


def test_a_figure_at_a_step_names_that_step(folder: Path) -> None:
    [entry] = mechgrok.figure(open_run(folder), "gini", step=10).layout.meta["provenance"]["results"]
    assert (entry["step"], len(entry["stamp"])) == (10, 16)


def test_what_is_not_stored_says_so(folder: Path) -> None:
    assert of_result("run", folder, Gini(), 10)["stamp"] == "not stored"
    assert provenance([])["results"] == []


def test_a_result_that_could_not_be_stored_has_no_stamp_of_an_older_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mechgrok.analyze(folder, ["gini"], steps=[0], nulls=0)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(results, "write", full)
    for step in (None, 0):
        write_weights(folder, 0, 7, scale=2.0)
        found = mechgrok.figure(open_run(folder), "gini", step=step).layout.meta["provenance"]["results"]
        assert found == [{"run": "run", "measure": "gini", "step": 20 if step is None else 0, "stamp": "not stored"}]


def test_phases_are_listed_with_the_panels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_panels, "phases", lambda table: {"memorisation": (0, 10)})
    found = mechgrok.figure(open_run(folder), "loss", step=10, phases=True).layout.meta["provenance"]["results"]
    assert [(entry["measure"], entry["step"]) for entry in found] == [("loss", 10), ("phase-boundaries", 20)]
    assert found[1]["stamp"] not in ("not stored", found[0]["stamp"])


def test_curves_have_the_digest_of_their_file(folder: Path) -> None:
    digest = hashlib.sha256((folder / "metrics.csv").read_bytes()).hexdigest()[:16]
    assert of_curves("run", folder) == {"run": "run", "measure": "metrics.csv", "stamp": digest}
