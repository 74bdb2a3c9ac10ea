"""circuit-efficiency of scaled copies, of a clock beside random weights, and its crossing in closed form."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest
import torch
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.measures.base.measure import Missing
from mechgrok.measures.weights.circuit_efficiency import CircuitEfficiency, _critical
from mechgrok.runs import store
from mechgrok.runs.run import open_run
from mechgrok.verification.hand_built import HandBuiltNetwork, temporary_run
from mechgrok.verification.zoo import clock


def test_without_steps_it_is_the_margin_of_scaled_weights(tmp_path: Path) -> None:
    """The last checkpoint stays as it is, the first is scaled to its norm; the rows are those of one order."""
    run = open_run(make_run(tmp_path / "run", p=7))
    measure = CircuitEfficiency(shares=(0.2, 0.5), steps_of_copies=0)
    found = analyze(run, [measure])[measure.label].table
    draw = torch.Generator().manual_seed(0)
    order, random = torch.randperm(49, generator=draw), torch.randint(7, (49,), generator=draw)
    first, last = run.snapshot(run.steps[0]), run.snapshot()
    factor = float(last_norm := torch.stack([t.norm() for t in last.parameters.values()]).norm())
    factor /= float(torch.stack([t.norm() for t in first.parameters.values()]).norm())
    scaled = first.with_weights({name: factor * tensor for name, tensor in first.weights.items()})
    for circuit, snapshot, labels in (("generalising", last, run.grid.labels), ("memorising", scaled, random)):
        for rows, others in ((order[:10], order[10:]), (order[:24], order[24:])):
            L, y = snapshot.logits[rows], labels[rows]
            margins = torch.stack([L[i, c] - torch.cat([L[i, :c], L[i, c + 1 :]]).max() for i, c in enumerate(y.tolist())])
            row = found[(found["circuit"] == circuit) & (found["rows"] == len(rows))].iloc[0]
            assert row["margin"] == pytest.approx(float(margins.mean()), rel=1e-4)
            assert row["accuracy"] == pytest.approx(float((L.argmax(1) == y).double().mean()))
            assert row["elsewhere"] == pytest.approx(float((snapshot.predictions == run.grid.labels)[others].double().mean()))
            assert row["norm"] == pytest.approx(float(last_norm))


def test_a_clock_is_more_efficient_than_memorising(tmp_path: Path) -> None:
    p = 11
    circuit, task = clock.clock(p, {2: 9.0, 5: 6.0}), clock.NETWORK.task.model_copy(update={"p": p})
    with temporary_run(HandBuiltNetwork("clock", "", task, circuit.model, circuit.weights, {})) as run:
        draw = torch.Generator().manual_seed(0)
        noise = {name: 0.1 * torch.randn(each.shape, generator=draw) for name, each in circuit.weights().items()}
        store.write_tensors(store.weights_path(run.path, 0), noise)
        store.write_tensors(store.weights_path(run.path, 10), {name: each.float() for name, each in circuit.weights().items()})
        measure = CircuitEfficiency(shares=(0.05, 0.5), steps_of_copies=60, rate=0.01)
        result = analyze(open_run(run.path), [measure])[measure.label]
    assert result.headline["elsewhere"] == 1
    assert result.headline["generalising"] > result.headline["memorising"] + 1
    memorised = result.table.query("circuit == 'memorising'").set_index("rows")
    assert memorised["accuracy"][6] > 0.8
    assert memorised["margin"][6] > memorised["margin"][60], "more rows leave less margin"
    assert memorised["elsewhere"][60] < 0.3


def test_the_critical_size_is_where_the_lines_cross() -> None:
    """Ahead by -4 at 10 rows and by 2 at 100: two thirds of the way in log D."""
    margins = pd.DataFrame({"generalising": [4.0, 4.0, 4.0], "memorising": [8.0, 2.0, 1.0]}, index=[10, 100, 1000])
    assert _critical(margins) == pytest.approx(10 * math.exp(2 / 3 * math.log(10)))
    assert _critical(margins[1:]) == Missing("generalising has the larger margin on 100 rows already")
    assert _critical(margins[:1]) == Missing("memorising still has the larger margin on 10 rows")
