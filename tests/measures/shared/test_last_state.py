"""The last hidden state, times the last matrix, gives the logits up to a constant for each class."""

from __future__ import annotations

from pathlib import Path

import pytest
from kinds_of_runs import RUNS

from mechgrok.measures.shared.last_state import last_state
from mechgrok.runs.run import open_run


@pytest.mark.parametrize("kind", ["odd", "attention", "divide", "mlp", "lstm", "quadratic", "embedding", "bare"])
def test_the_last_matrix_maps_it_to_the_logits(kind: str, tmp_path: Path) -> None:
    snapshot = open_run(RUNS[kind](tmp_path / "run")).snapshot()
    matrix = snapshot.architecture.unembedding(snapshot.parameters)[:, snapshot.tokens]
    bias = snapshot.logits - last_state(snapshot) @ matrix
    assert float((bias - bias[0]).abs().max()) < 1e-9
    assert float(snapshot.logits.std(0).min()) > 1e-6
