"""Sums of networks with renamed tokens from the pass of the network itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from kinds_of_runs import RUNS
from made_runs import make_run

from mechgrok.engine.analyze import analyze
from mechgrok.engine.outcomes import Result
from mechgrok.errors import UnavailableError
from mechgrok.runs import large
from mechgrok.runs.renamed import Renaming
from mechgrok.runs.run import Run, open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.runs.streamed import StreamedSnapshot
from mechgrok.tasks.modular import Modular

NUMBERS = {
    "phase sums": lambda snapshot: snapshot.phase_sums,
    "cosines": lambda snapshot: snapshot.cosine_coefficients,
    "norms": lambda snapshot: torch.stack(snapshot.logit_norms),
    "losses": lambda snapshot: snapshot.losses,
    "predictions": lambda snapshot: snapshot.predictions.double(),
    "collapsed": lambda snapshot: snapshot.collapsed.double(),
    "embedding": lambda snapshot: snapshot.embedding,
}


@pytest.fixture(params=["add", "subtract", "add-squares"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    return open_run(make_run(tmp_path / "run", task=Modular(p=13, operation=request.param), steps=(0,)))


def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "MOST_LOGITS", 0)
    monkeypatch.setattr(large, "MOST_IN_PASS", 700)
    monkeypatch.setattr(large, "MOST_IN_CACHE", 90)


def renamed(snapshot: Snapshot, draws: int) -> list[Snapshot]:
    return [snapshot.relabelled(torch.Generator().manual_seed(seed)) for seed in range(draws)]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_of_a_renamed_network(number: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the forward pass of the network with permuted weights on the whole table."""
    expected = [NUMBERS[number](snapshot) for snapshot in renamed(run.snapshot(), 3)]
    in_pieces(monkeypatch)
    for found, whole in zip(map(NUMBERS[number], renamed(run.snapshot(), 3)), expected, strict=True):
        assert (found - whole).abs().max() <= 1e-12 * whole.abs().max()


def test_one_pass_serves_all_renamings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    in_pieces(monkeypatch)
    snapshot = run.snapshot()
    networks, passes = renamed(snapshot, 3), []
    pieces = snapshot.pieces
    monkeypatch.setattr(snapshot, "pieces", lambda: passes.append(1) or pieces())
    assert len({float(network.losses.mean()) for network in networks}) == 3
    assert len(passes) == 1


def test_measures_and_nulls_share_one_pass(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    in_pieces(monkeypatch)
    rows, forward = [], StreamedSnapshot._pass
    monkeypatch.setattr(StreamedSnapshot, "_pass", lambda self, numbers, keep: rows.append(numbers) or forward(self, numbers, keep))
    found = analyze(run, ["loss", "numerical-health", "logit-cosines", "neuron-frequencies"], nulls=3)
    assert all(isinstance(each, Result) for each in found.values())
    assert torch.cat(rows).tolist() == list(range(169))


def test_a_row_of_the_renamed_network_is_one_of_the_network(run: Run) -> None:
    order = torch.randperm(13, generator=torch.Generator().manual_seed(0))
    of_network = torch.rand(169, generator=torch.Generator().manual_seed(1)) < 0.5
    found = Renaming(run.grid, order, 13).collapsed(of_network).view(13, 13)
    assert all(found[a, b] == of_network[13 * order[a] + order[b]] for a in range(13) for b in range(13))


def test_what_goes_beyond_the_sums_is_left_out_with_a_reason(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    in_pieces(monkeypatch)
    [network] = renamed(run.snapshot(), 1)
    for beyond in (lambda: network.logits, lambda: network.neurons, lambda: next(iter(network.pieces())), lambda: network.logits_at(0)):
        with pytest.raises(UnavailableError, match=r"^it would take a pass for each renamed network through the 169 rows$"):
            beyond()


def test_a_table_without_all_pairs_has_no_renamed_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_pieces(monkeypatch)
    [network] = renamed(open_run(RUNS["below"](tmp_path / "run")).snapshot(), 1)
    with pytest.raises(UnavailableError, match="only where it has all pairs"):
        _ = network.phase_sums


def test_nulls_of_a_large_table_are_those_of_a_small_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = ["key-frequencies", "logit-cosines", "loss", "gini", "restricted-loss", "excluded-loss"]
    expected = analyze(run, labels, nulls=3)
    for path in (run.path / "results").rglob("nulls.json"):
        path.unlink()
    in_pieces(monkeypatch)
    found = analyze(run, labels, nulls=3)
    for label in labels[:-1]:
        whole, pieces = expected[label], found[label]
        assert isinstance(whole, Result)
        assert isinstance(pieces, Result)
        assert pieces.null.keys() == whole.null.keys()
        for key, of_key in whole.null.items():
            assert pieces.null[key]["mean"] == pytest.approx(of_key["mean"], rel=1e-10)
    assert found["excluded-loss"].null == {}  # type: ignore[union-attr]
    assert found.notes[-1].startswith("no null of excluded-loss: it would take a pass")
    assert not analyze(run, labels, nulls=3).notes
