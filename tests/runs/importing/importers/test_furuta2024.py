"""Checkpoints as the code of Furuta et al. 2024 saves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import furuta
import numpy as np
import pytest
import torch
from importer_sample import Sample

from mechgrok.errors import UserError
from mechgrok.runs.importing.import_run import import_file
from mechgrok.runs.importing.options import ImportOptions
from mechgrok.runs.run import open_run

P = 7


def sample() -> Sample:
    """A checkpoint of an epoch, and the forward pass in columns."""
    state, tokens = furuta.network(P), torch.tensor([(1, P + 1, 2), (6, P, 0), (3, P + 4, 3)])
    data = furuta.saved(state, 2000, (1.0, 2.0))
    return Sample(data, tokens, furuta.logits(state, tokens), under="model", name="2000.pth", ignored=frozenset({"blocks.0.attn.mask"}))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-10)])
@pytest.mark.parametrize(("operation", "sign"), [("add", "+"), ("subtract", "-"), ("multiply", "*"), ("divide", "/"), ("a^3+ab", "=")])
def test_the_logits_are_theirs(operation: Any, sign: str, dtype: torch.dtype, tolerance: float, tmp_path: Path) -> None:
    """At the token of the operation, which for polynomials is '='; in the precision that the run's own forward pass has there."""
    weights = furuta.network(P)
    torch.save(furuta.saved(weights, 2000, (1.0, 2.0)), tmp_path / "2000.pth")
    import_file(tmp_path / "2000.pth", tmp_path / "run", ImportOptions(operation=operation))
    run = open_run(tmp_path / "run")
    assert (run.task.operation, run.task.p, run.steps) == (operation, P, [2001])
    rows = torch.tensor([(a, P + furuta.SIGNS[sign], b) for a, b in run.task.operands().tolist()])
    assert np.array_equal(run.task.inputs(), rows)
    snapshot = run.snapshot()
    ours = snapshot.architecture.logits({name: tensor.to(dtype) for name, tensor in snapshot.weights.items()}, _batch(run.task.inputs()))
    assert (ours - furuta.logits(weights, rows)).abs().max() <= tolerance * furuta.logits(weights, rows).abs().max()


def _batch(inputs: np.ndarray) -> Any:
    from mechgrok.models.forward.tables import Batch

    return Batch.of(torch.from_numpy(inputs))


def test_the_library_gives_the_same_network(tmp_path: Path) -> None:
    torch.save(furuta.network(P), tmp_path / "bare.pth")
    import_file(tmp_path / "bare.pth", tmp_path / "run", ImportOptions(operation="add"))
    run = open_run(tmp_path / "run")
    rows = torch.from_numpy(run.task.inputs())
    library = run.model().double()(rows)[:, -1]
    assert torch.allclose(library, furuta.logits(furuta.network(P), rows), rtol=1e-10, atol=1e-10)


def test_a_folder_is_one_run_in_the_order_of_its_epochs(tmp_path: Path) -> None:
    """The weights of epoch e have been updated e + 1 times; 10000 comes after 2000, which a sorting of names would turn round."""
    made = import_file(furuta.folder(tmp_path / "log"), tmp_path / "run", ImportOptions(operation="add"))
    run = open_run(tmp_path / "run")
    assert run.steps == [0, 1, 2001, 10_001]
    rows = torch.from_numpy(run.task.inputs())
    for seed, step in enumerate(run.steps):
        theirs = furuta.logits(furuta.network(P, seed), rows)[:, :P]
        assert torch.allclose(run.snapshot(step).logits, theirs, rtol=1e-10, atol=1e-10)
    assert set(run.execution["imported"]["files"]) == {"init.pth", "0.pth", "2000.pth", "10000.pth"}
    assert made.config.training.steps == 10_001


def test_the_pairs_of_init_are_the_split_without_rows_of_signs(tmp_path: Path) -> None:
    """Their code draws pairs of all 12 tokens: 144, of which 49 are rows of the table."""
    made = import_file(furuta.folder(tmp_path / "log"), tmp_path / "run", ImportOptions(operation="add"))
    run = open_run(tmp_path / "run")
    listed = set(furuta.pairs(P + 5)["train_data"])
    assert run.is_train is not None
    assert run.is_train.tolist() == [(a, b) in listed for a, b in run.task.operands().tolist()]
    assert run.config.split.kind == "given"
    assert any("left out 95 rows" in note for note in made.notes)


def test_recorded_losses_become_metrics_of_the_step_before_and_come_out(tmp_path: Path) -> None:
    """Over the very rows that the file lists, so the fixture, whose losses are of the weights beside them, agrees exactly."""
    made = import_file(furuta.folder(tmp_path / "log"), tmp_path / "run", ImportOptions(operation="add"))
    metrics = open_run(tmp_path / "run").metrics
    assert metrics.step.unique().tolist() == [0, 2000, 10_000]
    split = furuta.pairs(P + 5)
    last = {part: float(furuta.loss(furuta.network(P, 3), split[f"{part}_data"], P)) for part in ("train", "test")}
    assert metrics[metrics.step == 10_000].set_index("split").loss.to_dict() == last
    assert [told.recomputed for told in made.losses] == pytest.approx([last["train"], last["test"]], rel=1e-9)
    assert [told.split for told in made.losses] == ["train", "test"]


def test_losses_of_another_operation_disagree(tmp_path: Path) -> None:
    made = import_file(furuta.folder(tmp_path / "log"), tmp_path / "run", ImportOptions(operation="multiply"))
    assert not all(told.agrees for told in made.losses)


@pytest.mark.parametrize(("drawn", "rows"), [({"ascending": True}, 28), ({"nonzero": True}, 36)])
def test_a_table_that_lacks_rows_is_known_by_the_pairs(drawn: dict[str, bool], rows: int, tmp_path: Path) -> None:
    import_file(furuta.folder(tmp_path / "log", tokens=P, **drawn), tmp_path / "run", ImportOptions(operation="add"))
    run = open_run(tmp_path / "run")
    assert len(run.task.labels()) == rows
    assert run.is_train is not None
    assert run.is_train.sum() == rows // 2


def test_tokens_of_masks_are_spare(tmp_path: Path) -> None:
    torch.save(furuta.network(P + 2), tmp_path / "bare.pth")
    import_file(tmp_path / "bare.pth", tmp_path / "run", ImportOptions(p=P, operation="a^2+b"))
    task = open_run(tmp_path / "run").task
    assert (task.p, task.spare_tokens, task.vocabulary, task.layout) == (P, 2, P + 7, "a = b")


@pytest.mark.parametrize(("operation", "layout"), [("subtract", "a op b"), ("a^2+b", "a = b")])
def test_what_a_network_has_learnt_is_found(operation: Any, layout: str, tmp_path: Path) -> None:
    """One that looks its rows up: the neuron of row (a, b) fires on it alone and writes the label's class, far above the rest."""
    weights = looked_up(operation)
    torch.save({"model": weights, "epoch": 4, "optimizer": {"state": {}, "param_groups": []}}, tmp_path / "4.pth")
    import_file(tmp_path / "4.pth", tmp_path / "run", ImportOptions())
    task = open_run(tmp_path / "run").task
    assert (task.operation, task.layout) == (operation, layout)


def looked_up(operation: str, p: int = 5) -> dict[str, torch.Tensor]:
    """One head of value 3 at every token and even attention: the stream at b is one-hot of b, beside the sum of one-hots of all tokens.

    The neuron of (a, sign, b) takes 4 from the first part and 1 from each of a and the sign in the second: 6, or 7 where a = b, and no
    other row more than 1 below it. Its threshold lies between, and is taken from the first part too, whose entries sum to 1.
    """
    tokens, sign = p + 5, p + furuta.SIGNS["-" if operation == "subtract" else "="]
    one, zero = torch.eye(tokens), torch.zeros(tokens, tokens)
    rows = [(a, b) for a in range(p) for b in range(p)]
    w_in = torch.zeros(len(rows), 3 * tokens)
    w_out = torch.zeros(3 * tokens, len(rows))
    for neuron, (a, b) in enumerate(rows):
        w_in[neuron, :tokens] = -(6.5 if a == b else 5.5)
        w_in[neuron, b] += 4
        w_in[neuron, [tokens + a, tokens + sign]] = 1
        w_out[2 * tokens + ((a - b) % p if operation == "subtract" else (a * a + b) % p), neuron] = 100
    return {
        "embed.W_E": torch.cat([one, zero, zero]),
        "blocks.0.attn.W_K": torch.zeros(1, tokens, 3 * tokens),
        "blocks.0.attn.W_Q": torch.zeros(1, tokens, 3 * tokens),
        "blocks.0.attn.W_V": 3 * torch.cat([one, zero, zero], 1)[None],
        "blocks.0.attn.W_O": torch.cat([zero, one, zero]),
        "blocks.0.mlp.W_in": w_in,
        "blocks.0.mlp.W_out": w_out,
        "unembed.W_U": torch.cat([zero, zero, one]),
    }


def test_a_random_network_needs_a_word(tmp_path: Path) -> None:
    torch.save(furuta.network(P), tmp_path / "bare.pth")
    with pytest.raises(UserError, match="give --operation"):
        import_file(tmp_path / "bare.pth", tmp_path / "run", ImportOptions())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "said", "complaint"),
    [
        (
            {},
            ImportOptions(p=8),
            "has 12 tokens and 12 classes; modulo 8 they would be at least 13 each, = + - * / among them; did you mean --p 7?",
        ),
        ({}, ImportOptions(reading=("heads=2",)), "a file of the format furuta2024 leaves no reading to choose; leave --reading away"),
        ({"train_data": [(1, 2, 3)]}, ImportOptions(), "train_data is no list of pairs"),
        ({"train_data": [(1, 12)]}, ImportOptions(), "are no pairs of its 12 tokens"),
        ({"train_data": "x"}, ImportOptions(), "train_data is no list of pairs"),
        ({"train_loss": "low", "epoch": 3}, ImportOptions(), "train_loss holds something other than numbers"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(change: dict[str, Any], said: ImportOptions, complaint: str, tmp_path: Path) -> None:
    torch.save({"model": furuta.network(P)} | change, tmp_path / "file.pth")
    with pytest.raises(UserError) as error:
        import_file(tmp_path / "file.pth", tmp_path / "run", said)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file.pth"]
