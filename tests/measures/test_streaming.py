"""Measures that stream give the same on pieces of a table as on the whole, and never hold the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kinds_of_runs import RARE, RUNS, USUAL
from quick_measures import QUICK

from mechgrok import extraction
from mechgrok.engine import registry
from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import NotApplicable, Outcomes, Result
from mechgrok.measures.base.measure import Measure
from mechgrok.runs import large
from mechgrok.runs.run import Run, open_run

STREAMING = sorted(name for name, measure in registry.measures().items() if measure.streams and issubclass(measure, Measure))
VARIANTS = ["restricted-loss(keys=1)", "excluded-loss(keys=own)", "key-frequencies(rule=neuron-clusters, threshold=0.2)"]
SUITE = {
    "loss",
    "key-frequencies",
    "logit-cosines",
    "restricted-loss",
    "excluded-loss",
    "neuron-frequencies",
    "embedding-spectrum",
    "neuron-logit-spectrum",
    "gini",
    "equivariance",
    "weight-norms",
}

ROUNDING = 4 * np.finfo(np.float64).eps
"""A loss near 0 is the difference of two numbers of the size of the logits, so its error is some units in the last place of these."""


OF_WEIGHTS_OR_ROWS = {"spectral-concentration", "token-groups", "head-circuits", "offset-errors", "label-statistics", "corrupted-loss"}


def test_the_default_suite_streams() -> None:
    assert set(STREAMING) >= SUITE | OF_WEIGHTS_OR_ROWS


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=() if kind == "mlp" else pytest.mark.long) for kind in sorted(USUAL | RARE)])
def test_pieces_give_what_the_whole_table_gives(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_run(RUNS[kind](tmp_path / "run"))
    variants = [variant for variant in VARIANTS if registry.parse(variant).obstacle(run) is None]
    # Modulo 2 two neurons vary by 1e-5 of their mean: their variance is the difference of nearly equal sums.
    labels = [QUICK.get(name, name) for name in STREAMING + variants if (kind, name) != ("two", "neuron-frequencies")]
    whole = analyzed(run, labels)
    logits = float(run.snapshot().logits.abs().max()) if run.steps else 0.0
    forget(run, monkeypatch)
    pieces = analyzed(run, labels)
    for label in labels:
        assert type(pieces[label]) is type(whole[label]), pieces[label]
        if isinstance(found := whole[label], Result):
            require_equal(pieces[label].table, found.table, logits)  # type: ignore[union-attr]
        else:
            assert isinstance(found, NotApplicable), found


def test_measures_that_do_not_stream_say_what_they_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_run(RUNS["odd"](tmp_path / "run"))
    forget(run, monkeypatch)
    found = analyze(run, ["spectrum-2d", "loss"], nulls=0)
    assert isinstance(found["loss"], Result)
    assert isinstance(found["spectrum-2d"], NotApplicable)
    assert found["spectrum-2d"].reason.startswith(
        "it holds the logits and neurons of all 49 rows at once, which needs less than 1 MB of mem"
    )


def test_an_array_without_memory_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mechgrok.measures.weights.weight_norms import WeightNorms

    def compute(*_: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")

    monkeypatch.setattr(WeightNorms, "compute", compute)
    found = analyze(open_run(RUNS["odd"](tmp_path / "run")), ["weight-norms"], nulls=0)["weight-norms"]
    assert isinstance(found, NotApplicable)
    assert "not enough memory" in found.reason


@pytest.mark.parametrize("kind", ["odd", "divide"])
def test_extraction_from_pieces(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_run(RUNS[kind](tmp_path / "run"))
    whole = extraction.extract(run, keys=[1, 2])
    forget(run, monkeypatch)
    pieces = extraction.extract(run, keys=[1, 2])
    assert pieces.program == whole.program
    assert close(pieces.fidelity, whole.fidelity)


def analyzed(run: Run, labels: list[str]) -> Outcomes:
    """Without the results of another analysis."""
    for path in (run.path / "results").glob("**/*"):
        if path.is_file():
            path.unlink()
    return analyze(open_run(run.path), labels, nulls=0)


def forget(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every table a large one, read two rows at a time or a line of equal a, with no memory for the whole."""
    monkeypatch.setattr(large, "MOST_LOGITS", 0)
    monkeypatch.setattr(large, "MOST_IN_PASS", 30)
    monkeypatch.setattr(large, "MOST_IN_CACHE", 20)
    monkeypatch.setattr(
        large, "lacks_whole", lambda *_: "it holds the logits and neurons of all 49 rows at once, which needs less than 1 MB of memory"
    )


def require_equal(found: pd.DataFrame, expected: pd.DataFrame, logits: float) -> None:
    """Asserts equality, of numbers to 1e-12 of the largest of their column, or to the rounding of logits as large as `logits`."""
    assert list(found.columns) == list(expected.columns)
    if "active" in expected:
        # A neuron that is above zero in one of 36 rows has equal energy at the frequencies 1 and 2: rounding chooses.
        several = expected["active"] != 1 / 36
        found, expected = found[several], expected[several]
    for name in expected:
        if pd.api.types.is_float_dtype(expected[name]):
            largest = expected[name].abs().max()
            least = max(1e-12 * (largest if largest == largest else 0), ROUNDING * logits)
            np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=least)
        else:
            assert found[name].equals(expected[name]), name


def close(found: object, expected: object) -> bool:
    """Whether nested numbers agree to 1e-12."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[key], expected[key]) for key in found)
    return found == expected or abs(found - expected) <= 1e-12 * abs(expected)  # type: ignore[operator]
