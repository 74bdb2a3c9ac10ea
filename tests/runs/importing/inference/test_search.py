"""The search of readings ends, also for networks whose answers are against every operation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from mechgrok.models.quadratic_mlp import QuadraticMLP
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.inference.search import Search
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.tasks.modular import Modular

MOST = 50


def at_most(function: Callable[[Search], Any], count: int) -> Callable[[Search], Any]:
    """A method that fails when it is called too often."""
    calls = iter(range(count))

    def limited(search: Search) -> Any:
        assert next(calls, None) is not None, "the search goes on without end"
        return function(search)

    return limited


@pytest.mark.parametrize("seed", range(4))
def test_a_network_without_training_is_read_as_it_is(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of these, some answer fewer rows rightly than by chance for each operation: all signals are negative."""
    weights = QuadraticMLP(d_mlp=8, seed=seed).initial(Modular(p=5, layout="a b"))
    save_file(weights, tmp_path / "network.safetensors")
    monkeypatch.setattr(Search, "_turns", at_most(Search._turns, MOST))
    made = import_file(tmp_path / "network.safetensors", tmp_path / "run", ImportOptions(operation="add", dry=True))
    assert made.config.model == QuadraticMLP(d_mlp=8)
