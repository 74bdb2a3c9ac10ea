"""A loop of the user becomes a run: what is kept, how it goes on after a kill, and how it is read later."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from own_modules import NAMES, PlainTransformer, Softened
from torch import nn

import mechgrok
from mechgrok.models.transformer import Transformer
from mechgrok.runs import store
from mechgrok.tasks.modular import Modular
from mechgrok.training.growing_csv import GrowingCsv

P = 7
TASK = Modular(p=P)
TOKENS, LABELS = torch.from_numpy(TASK.inputs()), torch.from_numpy(TASK.labels())
IS_TRAIN = np.arange(P * P) % 3 > 0
SUPPORT = Path(__file__).resolve().parents[2] / "support"


def train(out: Path, steps: int, *, module: nn.Module | None = None, resume: bool = False, **options: Any) -> nn.Module:
    module = PlainTransformer(P) if module is None else module
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-2)
    with mechgrok.record(module, TASK, out, is_train=IS_TRAIN, optimizer=optimizer, **options) as recorder:
        for step in range(recorder.restore() if resume else 0, steps):
            torch.manual_seed(step)
            loss = F.cross_entropy(module(TOKENS[IS_TRAIN])[:, -1], LABELS[IS_TRAIN])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder(step, train_loss=loss)
    return module


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, nn.Module]:
    out = tmp_path_factory.mktemp("runs") / "mine"
    return out, train(out, 47, names=NAMES, every=20, log_spaced=3, at=(33,), metrics_every=5)


def test_it_keeps_what_the_schedule_names_and_the_last_step(recorded: tuple[Path, nn.Module]) -> None:
    """10^(k/3) for k = 0 .. 3, multiples of 20, 33, and the last one, 46."""
    assert mechgrok.open_run(recorded[0]).steps == [0, 1, 2, 5, 10, 20, 33, 40, 46]


def test_a_last_step_that_was_measured_has_one_row_with_the_losses_of_the_loop_and_accuracies(tmp_path: Path) -> None:
    """Step 15 is measured and not kept, until it turns out to be the last one."""
    module = PlainTransformer(P)
    with mechgrok.record(module, TASK, tmp_path / "run", is_train=IS_TRAIN, every=20, metrics_every=5) as recorder:
        for step in range(16):
            recorder(step, train_loss=float(step))
    metrics = mechgrok.open_run(tmp_path / "run").metrics
    assert not metrics.duplicated(["step", "split"]).any()
    last = metrics[metrics.step == 15].set_index("split")
    assert last.loss["train"] == 15.0
    assert not last.accuracy.isna().any()


def test_an_error_in_the_loop_keeps_what_was_measured_before(tmp_path: Path) -> None:
    recording = mechgrok.record(PlainTransformer(P), TASK, tmp_path / "run", is_train=IS_TRAIN, every=20, log_spaced=0, metrics_every=5)
    with pytest.raises(ZeroDivisionError):
        _divide_by_zero_at_15(recording)
    assert list(mechgrok.open_run(tmp_path / "run").metrics.step)[-1] == 10


def _divide_by_zero_at_15(recording: Any) -> None:
    with recording as recorder:
        for step in range(16):
            recorder(step, train_loss=1 / (15 - step))


def test_the_last_checkpoint_holds_the_weights_of_the_module(recorded: tuple[Path, nn.Module]) -> None:
    out, module = recorded
    weights, _ = store.read_tensors(store.weights_path(out, 46))
    assert torch.equal(weights["embed.W_E"], module.tok_emb.weight)
    assert torch.equal(weights["unembed.W_U"], module.head.weight.T)
    assert torch.equal(weights["qkv.bias"], module.qkv.bias)


def test_metrics_are_those_of_the_table_and_of_the_loop(recorded: tuple[Path, nn.Module]) -> None:
    out, module = recorded
    metrics = mechgrok.open_run(out).metrics.set_index(["split", "step"])
    with torch.no_grad():
        logits = module.eval()(TOKENS)[:, -1].double()
    module.train()
    assert metrics["loss"]["test", 46] == pytest.approx(float(F.cross_entropy(logits[~IS_TRAIN], LABELS[~IS_TRAIN])), rel=1e-5)
    assert metrics["accuracy"]["test", 46] == float((logits.argmax(1) == LABELS)[~IS_TRAIN].double().mean())
    assert sorted(step for split, step in metrics.index if split == "train") == [0, 1, 2, 5, 10, 15, 20, 25, 30, 33, 35, 40, 45, 46]
    assert np.isnan(metrics["accuracy"]["train", 35])


def test_it_is_a_run_like_any_other(recorded: tuple[Path, nn.Module]) -> None:
    out, module = recorded
    run = mechgrok.open_run(out, module=PlainTransformer(P, seed=5))
    outcomes = mechgrok.analyze(run, ["loss", "gini", "neuron-frequencies", "grok-times"], nulls=2)
    assert all(isinstance(found, mechgrok.Result) for found in outcomes.values())
    expected = mechgrok.analyze(module, ["gini", "neuron-frequencies"], task=TASK, names=NAMES, nulls=0)
    for label in expected:
        assert outcomes[label].headline == expected[label].headline  # type: ignore[union-attr]
    assert outcomes["loss"].figure().data  # type: ignore[union-attr]
    assert mechgrok.write_report(run, outcomes).summary["measures"]["loss"]["status"] == "ok"
    stored = {path: path.stat().st_mtime_ns for path in (out / "results").rglob("*.parquet")}
    mechgrok.analyze(mechgrok.open_run(out, module=module), ["loss", "gini", "neuron-frequencies", "grok-times"], nulls=2)
    assert stored == {path: path.stat().st_mtime_ns for path in (out / "results").rglob("*.parquet")}, "results are used again"


def test_a_spare_token_is_noted_in_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with mechgrok.record(Softened(P + 1), TASK, tmp_path / "run") as recorder:
        recorder(0)
    note = "tok_emb has 9 tokens and the task 8; no row holds the last 1 of the module"
    assert mechgrok.open_run(tmp_path / "run").notes == (note,)
    assert capsys.readouterr().err == f"note: {note}\n"


def test_its_model_at_a_step_is_the_module_with_these_weights(recorded: tuple[Path, nn.Module]) -> None:
    out, module = recorded
    made = mechgrok.open_run(out, module=PlainTransformer(P, seed=5)).model(46)
    with torch.no_grad():
        assert torch.equal(made.eval()(TOKENS), module.eval()(TOKENS))
    module.train()


def test_without_its_module_what_needs_it_says_how_to_hand_it_in(tmp_path: Path) -> None:
    train(tmp_path / "mine", 11, names=NAMES, every=5)
    outcomes = mechgrok.analyze(mechgrok.open_run(tmp_path / "mine"), ["loss", "gini", "grok-times", "restricted-loss"], nulls=2)
    assert isinstance(outcomes["gini"], mechgrok.Result), "of weights alone"
    assert isinstance(outcomes["grok-times"], mechgrok.Result), "of recorded curves"
    for label in ("loss", "restricted-loss"):
        found = outcomes[label]
        assert isinstance(found, mechgrok.NotApplicable)
        assert found.reason.endswith("hand it in: open_run(path, module=model)")


def test_another_module_is_refused(recorded: tuple[Path, nn.Module]) -> None:
    class Doubled(PlainTransformer):
        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(tokens)

    for module, message in ((Doubled(P), "computes other logits"), (PlainTransformer(P, d=8), "hand in the module that the run was")):
        with pytest.raises(mechgrok.UserError, match=message):
            mechgrok.open_run(recorded[0], module=module)


def test_a_hooked_transformer_needs_no_module_later(tmp_path: Path) -> None:
    hooked = Transformer(d_model=16, heads=2, d_mlp=24).build(TASK)
    with mechgrok.record(hooked, TASK, tmp_path / "run") as recorder:
        recorder(0)
    run = mechgrok.open_run(tmp_path / "run")
    assert run.config.model.kind == "transformer"
    expected = hooked(TOKENS)[:, -1, :P].detach().double()
    assert (run.snapshot(0).logits - expected).abs().max() < 1e-5


def test_a_run_without_checkpoints_needs_its_loop(tmp_path: Path) -> None:
    with mechgrok.record(PlainTransformer(P), TASK, tmp_path / "run"):
        pass
    with pytest.raises(mechgrok.UserError, match=r"has no checkpoint yet; run the loop that mechgrok\.record records$"):
        mechgrok.open_run(tmp_path / "run").snapshot()


def test_buffers_of_each_step_are_kept(tmp_path: Path) -> None:
    """A BatchNorm, whose running mean changes while the weights stay."""

    class Normed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.norm = nn.Embedding(P + 1, P), nn.BatchNorm1d(P)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return self.norm(self.emb(tokens).sum(1))

    module, losses = Normed(), []
    with mechgrok.record(module, TASK, tmp_path / "run") as recorder:
        for step in range(3):
            module.train()(TOKENS)
            recorder(step)
            with torch.no_grad():
                losses.append(float(F.cross_entropy(module.eval()(TOKENS).double(), LABELS)))
    found = mechgrok.analyze(mechgrok.open_run(tmp_path / "run", module=Normed()), ["loss"], nulls=0)["loss"]
    assert len(set(losses)) == 3
    assert found.series("all").tolist() == pytest.approx(losses, rel=1e-6)  # type: ignore[union-attr]


def test_at_other_steps_it_reads_nothing(tmp_path: Path) -> None:
    class Unreadable:
        def __float__(self) -> float:
            raise AssertionError("the number was read")

    module = PlainTransformer(P)
    with mechgrok.record(module, TASK, tmp_path / "run", every=100, log_spaced=0, metrics_every=50) as recorder:
        recorder(0)
        for step in range(1, 50):
            recorder(step, train_loss=Unreadable())
        with pytest.raises(AssertionError):
            recorder(50, train_loss=Unreadable())


def test_an_update_after_the_last_call_counts(tmp_path: Path) -> None:
    """A loop that records before its update: the last weights are those of one update more."""
    module = PlainTransformer(P)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-2)
    with mechgrok.record(module, TASK, tmp_path / "run", every=0, log_spaced=0) as recorder:
        for step in range(3):
            loss = F.cross_entropy(module(TOKENS)[:, -1], LABELS)
            optimizer.zero_grad()
            loss.backward()
            recorder(step, train_loss=loss)
            optimizer.step()
    assert mechgrok.open_run(tmp_path / "run").steps == [0, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda recorder: recorder(3, train_los=1), "did you mean train_loss"),
        (lambda recorder: recorder(100, train_loss="much"), "train_loss is str"),
        (lambda recorder: (recorder(3), recorder(3)), "step 3 does not come after step 3"),
    ],
)
def test_wrong_calls_are_refused(tmp_path: Path, call: Any, message: str) -> None:
    with mechgrok.record(PlainTransformer(P), TASK, tmp_path / "run") as recorder, pytest.raises(mechgrok.UserError, match=message):
        call(recorder)


@pytest.mark.parametrize("change", ["task", "split", "model", "weights"])
def test_it_goes_on_only_with_the_same(tmp_path: Path, change: str) -> None:
    train(tmp_path / "run", 6, every=5)
    module = PlainTransformer(P, heads=1) if change == "model" else PlainTransformer(P, seed=9 if change == "weights" else 0)
    names = NAMES if change == "model" else None
    task = Modular(p=P, operation="subtract") if change == "task" else TASK
    mask = IS_TRAIN if change != "split" else ~IS_TRAIN
    with (
        pytest.raises(mechgrok.UserError, match=f"another {change}" if change != "weights" else "with other weights"),
        mechgrok.record(module, task, tmp_path / "run", is_train=mask, names=names, every=5) as recorder,
    ):
        recorder(5)


def test_a_run_that_was_not_recorded_is_never_written_to(tmp_path: Path) -> None:
    from made_runs import make_run

    make_run(tmp_path / "run", p=P)
    with pytest.raises(mechgrok.UserError, match="was not recorded"), mechgrok.record(PlainTransformer(P), TASK, tmp_path / "run"):
        pass


def test_after_an_exception_the_last_whole_step_stays_and_the_folder_is_free(tmp_path: Path) -> None:
    module = PlainTransformer(P)

    def fail() -> None:
        with mechgrok.record(module, TASK, tmp_path / "run", every=5, log_spaced=0) as recorder:
            for step in range(8):
                recorder(step)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with mechgrok.record(module, TASK, tmp_path / "run", every=5) as recorder:
        assert recorder.step == 5


KILLED = """
import os, sys, signal, threading
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
import test_record
from pathlib import Path
from mechgrok.runs import store
from mechgrok.training.growing_csv import GrowingCsv
writes = int(sys.argv[4])
replaced = Path.replace
def replace(self, target):
    global writes
    writes -= 1
    if writes == 0 and sys.argv[5] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = replaced(self, target)
    if writes == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
Path.replace = replace
test_record.train(Path(sys.argv[3]), 31, every=10, log_spaced=2, resume=True)
"""


NEVER = 10**9


def in_a_process(out: Path, writes: int, when: str) -> int:
    """The exit status of a loop that is killed at some write; threads and treatment of subnormal numbers are those of a new process."""
    arguments = [sys.executable, "-c", KILLED, str(SUPPORT), str(Path(__file__).parent), str(out), str(writes), when]
    return subprocess.run(arguments, capture_output=True, env=os.environ).returncode


@pytest.mark.parametrize(("writes", "when"), [(8, "before"), (9, "before"), (9, "after")])
@pytest.mark.long
def test_a_killed_recorder_goes_on_from_its_last_whole_step(tmp_path: Path, writes: int, when: str) -> None:
    """Killed before or after some write of a file, then resumed: every file is that of a loop that ran through, in a process of its own."""
    out = tmp_path / "killed"
    assert in_a_process(out, writes, when) == -signal.SIGKILL
    assert in_a_process(out, NEVER, when) == in_a_process(tmp_path / "through", NEVER, when) == 0
    for name in (
        store.METRICS,
        *(f"{folder}/{step:08d}.safetensors" for folder in (store.WEIGHTS, store.MODULE) for step in (0, 1, 3, 10, 20, 30)),
    ):
        assert (out / name).read_bytes() == (tmp_path / "through" / name).read_bytes(), name
    assert sorted(path.name for path in out.rglob("*.*[0-9]-[0-9]*")) == []


def test_a_full_disk_is_named_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(store, "write_tensors", full)
    with pytest.raises(mechgrok.UserError, match=r"state\.safetensors cannot be written: No space left on device; make room on its disk"):
        train(tmp_path / "mine", 1, names=NAMES)


def test_a_full_disk_is_named_where_the_last_row_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row of a step that waits is not written once more when the recording ends."""

    def full(table: GrowingCsv, rows: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(table.path))

    monkeypatch.setattr(GrowingCsv, "append", full)
    with pytest.raises(mechgrok.UserError, match=r"metrics\.csv cannot be written: No space left on device; make room on its disk"):
        train(tmp_path / "mine", 12, names=NAMES, log_spaced=0, every=10)
