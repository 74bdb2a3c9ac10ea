"""Snapshots that go through the rows in pieces give what the whole table gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from kinds_of_runs import RUNS
from made_runs import make_run
from torch import Tensor

from mechgrok import memory
from mechgrok.errors import UnavailableError
from mechgrok.maths.landscape import losses
from mechgrok.runs import large
from mechgrok.runs.run import Run, open_run
from mechgrok.runs.snapshot import Snapshot
from mechgrok.runs.streamed import StreamedSnapshot
from mechgrok.runs.sums import LogitSums, Piece
from mechgrok.tasks.modular import Modular

SHARED: dict[str, Callable[[Snapshot], Tensor]] = {
    "phase sums": lambda snapshot: snapshot.phase_sums,
    "cosines": lambda snapshot: snapshot.cosine_coefficients,
    "norms": lambda snapshot: torch.stack(snapshot.logit_norms),
    "losses": lambda snapshot: snapshot.losses,
    "losses of other labels": lambda snapshot: snapshot.losses_against(snapshot.grid.labels.flip(0)),
    "predictions": lambda snapshot: snapshot.predictions,
    "collapsed": lambda snapshot: snapshot.collapsed,
    "softmax sums": lambda snapshot: snapshot.softmax_sums,
    "logits of rows": lambda snapshot: snapshot.logits_at(torch.tensor([[3, 0], [1, 3]])),
    "largest logits": lambda snapshot: snapshot.per_row(lambda piece: piece.logits.amax(1)),
}
OF_NEURONS: dict[str, Callable[[Snapshot], Tensor]] = {
    "energies": lambda snapshot: snapshot.neuron_power[0],
    "variances": lambda snapshot: snapshot.neuron_power[1],
    "which vary": lambda snapshot: snapshot.neurons_vary,
    "active": lambda snapshot: snapshot.neurons_active,
}


def streamed(run: Run, monkeypatch: pytest.MonkeyPatch, numbers: int) -> Snapshot:
    """The last checkpoint in pieces of so many logits and neurons."""
    monkeypatch.setattr(large, "MOST_LOGITS", 0)
    monkeypatch.setattr(large, "MOST_IN_PASS", numbers)
    monkeypatch.setattr(large, "MOST_IN_CACHE", numbers // 2)
    found = run.snapshot()
    assert isinstance(found, StreamedSnapshot)
    return found


def require_equal(found: Tensor, expected: Tensor) -> None:
    """Asserts equality to 1e-12 of the largest value."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    assert (found.double() - expected.double()).abs().max() <= 1e-12 * expected.double().abs().max()


@pytest.mark.parametrize("numbers", [*(pytest.param(n, marks=pytest.mark.long) for n in (1, 1000)), 20_000], ids="{} at once".format)
@pytest.mark.parametrize("operation", ["add", "subtract", "multiply", "divide", "add-squares"])
def test_pieces_of_a_table_modulo_59(operation: str, numbers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = Modular(p=59, operation=operation)  # type: ignore[arg-type]
    run = open_run(make_run(tmp_path / "run", task=task, steps=(0,)))
    assert task.basis is not None
    whole, pieces = run.snapshot().in_basis(task.basis), streamed(run, monkeypatch, numbers).in_basis(task.basis)
    shared = SHARED | OF_NEURONS if whole.grid.is_square else SHARED
    for quantity in shared.values():
        require_equal(quantity(pieces), quantity(whole))


@pytest.mark.parametrize("kind", RUNS)
def test_pieces_of_every_kind_of_run(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_run(RUNS[kind](tmp_path / "run"))
    whole = run.snapshot()
    pieces = streamed(run, monkeypatch, 30)
    require_equal(pieces.logits, whole.logits)
    require_equal(pieces.per_row(lambda piece: piece.logits.amin(1)), whole.logits.amin(1))
    if whole.architecture.has_neurons:
        require_equal(pieces.activation(f"blocks.{whole.architecture.layers - 1}.mlp.hook_post"), whole.neurons)


def test_small_tables_are_one_piece(tmp_path: Path) -> None:
    snapshot = open_run(make_run(tmp_path / "run")).snapshot()
    [piece] = snapshot.pieces()
    assert type(snapshot) is Snapshot
    assert piece.logits is snapshot.logits


def test_tables_are_large_where_their_logits_take_half_a_gigabyte() -> None:
    """406^3 numbers of eight bytes are 535 million, 407^3 are 539 million; 2^29 lies between."""
    assert [large.is_large(open_grid(p)) for p in (406, 407)] == [False, True]


def test_products_are_single_only_above_a_thousand() -> None:
    assert [large.precision(open_grid(p)) for p in (997, 1009)] == [torch.float64, torch.float32]


def test_a_forward_pass_in_float32_is_near_the_exact_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_run(make_run(tmp_path / "run", p=59))
    whole = run.snapshot()
    monkeypatch.setattr(large, "EXACT_UP_TO", 58)
    rounded = streamed(run, monkeypatch, 10_000)
    error = (rounded.phase_sums - whole.phase_sums).abs().max() / whole.phase_sums.abs().max()
    assert 1e-10 < error < 1e-6
    assert rounded.losses.dtype == torch.float64


@pytest.mark.long
def test_what_does_not_fit_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_run(make_run(tmp_path / "run", p=59))
    pieces = streamed(run, monkeypatch, 1000)
    monkeypatch.setattr(large, "NEGLIGIBLE", 0)
    monkeypatch.setattr(memory, "available", lambda: 3 * 10**6)
    assert len(pieces.losses) == 59**2
    with pytest.raises(
        UnavailableError, match=r"^it holds .* of all 3,481 rows at once, which needs 7.\d MB of memory, and 3.0 MB are free"
    ):
        _ = pieces.logits
    monkeypatch.setattr(memory, "available", lambda: 1000)
    with pytest.raises(UnavailableError, match=r"^a forward pass on 59 rows needs"):
        next(iter(run.snapshot().pieces()))


def test_losses_of_a_piece_are_those_of_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the definition, from logits of the module of TransformerLens' kind that the whole table gives."""
    run = open_run(make_run(tmp_path / "run", p=11))
    expected = losses.per_example(run.snapshot().logits, run.grid.labels)
    require_equal(streamed(run, monkeypatch, 1).losses, expected)


def test_collapsed_rows_of_pieces_are_those_of_the_whole_table() -> None:
    """Labels from 5 to 30 above the other classes: float32 loses these at about log(59 * 2^24) = 20.7."""
    grid = open_grid(59)
    logits = torch.zeros(59**2, 59, dtype=torch.float64)
    logits[torch.arange(59**2), grid.labels] = torch.linspace(5, 30, 59**2, dtype=torch.float64)
    expected, sums = losses.collapsed(logits), LogitSums(grid, 59)
    for rows in (slice(0, 1000), slice(1000, 59**2)):
        sums.add(Piece(rows, logits[rows]))
    assert torch.equal(sums.collapsed, expected)
    assert 0 < expected.sum() < 59**2


def open_grid(p: int):
    from mechgrok.runs.grid import Grid

    return Grid.of(Modular(p=p), None)
