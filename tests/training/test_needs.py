"""What training needs: refused before anything is written, and close to what the tensors of an update take."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import pytest
import torch
from trained_runs import begin, config, resume

from mechgrok import memory
from mechgrok.errors import UserError
from mechgrok.training import needs
from mechgrok.training.execution import Execution
from mechgrok.training.trainer import Trainer


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(memory, "available", lambda: size)


@pytest.mark.parametrize("model", [{"kind": "transformer"}, {"kind": "mlp"}, {"kind": "embedding-mlp"}, {"kind": "lstm"}], ids=str)
def test_parameters_are_counted_before_they_are_made(model: dict[str, str]) -> None:
    made = config(model=model)
    network = made.model.architecture(made.task)
    assert needs.parameters(network) == sum(tensor.numel() for tensor in made.model.initial(made.task).values())


def test_an_absurd_network_is_refused_before_there_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^training a network of 33,000,\d{3},\d{3} parameters needs .* free; choose a smaller model$"):
        begin(config(model__d_mlp=10**9), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_an_update_that_does_not_fit_names_a_batch_that_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = config(task={"kind": "modular", "p": 31}, model__d_mlp=4096)
    run = begin(wanted, tmp_path / "run")
    network = wanted.model.architecture(wanted.task)
    free(
        monkeypatch,
        int((needs.COPIES * 4 * needs.parameters(network) + needs.FIXED + 105 * needs.bytes_of_a_row(network, 3)) / memory.SHARE),
    )
    with pytest.raises(UserError, match=r"^an update on 480 rows needs .* free; training.batch 100 fits$"):
        resume(run)
    batches = config(task={"kind": "modular", "p": 31}, model__d_mlp=4096, training__batch=100, training__steps=1)
    assert resume(begin(batches, tmp_path / "batches")).step == 1


def test_a_batch_larger_than_the_split_is_refused_as_such(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"training\.batch is 1000000000, but the train split has 24 rows"):
        begin(config(training__batch=10**9), tmp_path / "run")


SHAPES = {
    "relu": {"d_mlp": 512},
    "layer norm": {"d_mlp": 512, "normalization": "LN", "activation": "gelu"},
    "two layers": {"d_mlp": 512, "layers": 2},
    "attention alone": {"layers": 2, "attn_only": True, "normalization": "LN", "d_head": 128},
}


def allocated(trainer: Trainer) -> int:
    """The most bytes that the tensors of an update hold at once, as torch's allocator records them.

    What the system counts varies among equal runs, as it reclaims memory that lies idle.
    """
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profiler:
        trainer.update(0)
    events = profiler.profiler.kineto_results.events()  # type: ignore[union-attr]
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    return max(accumulate(size for _, size in changes))


@pytest.mark.long
@pytest.mark.parametrize("model", SHAPES.values(), ids=list(SHAPES))
def test_the_estimate_is_what_the_tensors_of_an_update_take(model: dict[str, object]) -> None:
    """Within a third below, and a twentieth above, where the parameters are few beside the rows."""
    wanted = config(task={"kind": "modular", "p": 113}, split__fraction=0.9, model={"kind": "transformer"} | model)
    rows = int(0.9 * 113**2)
    estimate = rows * needs.bytes_of_a_row(wanted.model.architecture(wanted.task), 3)
    trainer = Trainer(wanted, wanted.split.train_rows(wanted.task), Execution("cpu", 1, "fast").resolved())
    assert 0.7 < allocated(trainer) / estimate < 1.05
