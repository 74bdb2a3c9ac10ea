"""Runs that start from another run's weights, or keep some of theirs: what stays, what goes on, what is written down."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from made_runs import make_run
from trained_runs import Unwatched, config, contents, resume, torch_settings_kept, train
from trained_runs import begin as begin_from_scratch

from mechgrok.config import Config, read
from mechgrok.discovery import kinds
from mechgrok.errors import UserError
from mechgrok.models.transplant import members
from mechgrok.runs import store
from mechgrok.runs.by_task import by_task
from mechgrok.runs.run import Run, open_run
from mechgrok.tasks.mixture import Mixture
from mechgrok.tasks.modular import Modular
from mechgrok.training import finetuning
from mechgrok.training.execution import Execution
from mechgrok.training.finetuning import Origin

OPTIMIZERS = kinds("training.optimizers")


class Interrupting(Unwatched):
    """Presses Ctrl-C after a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def at(self, step: int) -> None:
        if step == self.step:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(config(model__biases="all"), tmp_path_factory.mktemp("parent") / "add").path


def child(**changed: Any) -> Config:
    """Another task, other initial weights."""
    return config(task={"kind": "modular", "p": 7, "operation": "ab+b"}, model__seed=5, model__biases="all", **changed)


def begin(wanted: Config, origin: str | Path, out: Path) -> Run:
    with torch_settings_kept():
        return finetuning.begin(wanted, Origin.of(str(origin)), out, Execution(device="cpu", threads=1))


def weights(run: Path, step: int) -> dict[str, torch.Tensor]:
    return store.read_tensors(store.weights_path(run, step))[0]


def changed(run: Run, names: list[str]) -> list[str]:
    """Those parameters that are another at some checkpoint than at the first."""
    first = weights(run.path, 0)
    return [name for name in names if any(not torch.equal(weights(run.path, step)[name], first[name]) for step in run.steps)]


def test_it_starts_from_what_was_loaded_and_what_was_drawn(parent: Path, tmp_path: Path) -> None:
    run = begin(child(start={"load": ["embed"]}), parent, tmp_path / "run")
    first, drawn = weights(run.path, 0), child().model.initial(child().task)
    assert torch.equal(first["embed.W_E"], weights(parent, 20)["embed.W_E"])
    assert all(torch.equal(first[name], drawn[name]) for name in first if name != "embed.W_E")
    before = (run.path / "weights" / "00000000.safetensors").read_bytes()
    resume(run)
    assert (run.path / "weights" / "00000000.safetensors").read_bytes() == before
    assert len(changed(Run(run.path), list(first))) > 5


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("group", ["embed", "body", "unembed"])
def test_what_is_frozen_keeps_its_bytes_and_the_rest_does_not(kind: str, group: str, parent: Path, tmp_path: Path) -> None:
    """Under noise, decay, a penalty and clipping; after a resumption too."""
    rough = {"weight_noise": 0.01, "lp_alpha": 0.1, "clip_norm": 1.0}
    settings = {f"training__{name}": value for name, value in rough.items()}
    made = child(optimizer={"kind": kind}, start={"load": ["all"], "freeze": [group]}, **settings)
    if (kind, group) == ("muon", "body"):
        with pytest.raises(UserError, match="the network trains no matrices besides its embeddings"):
            begin(made, parent, tmp_path / "run")
        return
    resume(begin(made, parent, tmp_path / "run"), Interrupting(13))
    resume(tmp_path / "run")
    run = open_run(tmp_path / "run")
    names = list(weights(run.path, 0))
    frozen = members([group], run.config.model.architecture(run.task), names)  # type: ignore[list-item]
    assert changed(run, frozen) == []
    # b_K moves all scores of a query alike, so its gradient is zero up to rounding.
    assert set(names) - set(frozen) - set(changed(run, names)) <= {"blocks.0.attn.b_K"}
    assert all(torch.equal(weights(run.path, 20)[name], weights(parent, 20)[name]) for name in frozen)


def test_a_frozen_embedding_need_not_come_from_anywhere(tmp_path: Path) -> None:
    run = train(config(start={"freeze": ["embed"]}), tmp_path / "run")
    drawn = config().model.initial(config().task)
    assert torch.equal(weights(run.path, 20)["embed.W_E"], drawn["embed.W_E"])
    assert run.lineage is None


def test_only_what_is_drawn_and_trained_is_scaled(parent: Path, tmp_path: Path) -> None:
    run = begin(child(start={"load": ["embed"], "freeze": ["unembed"]}, training__init_scale=3.0), parent, tmp_path / "run")
    first, drawn = weights(run.path, 0), child().model.initial(child().task)
    assert torch.equal(first["embed.W_E"], weights(parent, 20)["embed.W_E"])
    assert torch.equal(first["unembed.W_U"], drawn["unembed.W_U"])
    assert torch.equal(first["blocks.0.mlp.W_in"], 3 * drawn["blocks.0.mlp.W_in"])


@pytest.mark.parametrize("step", [1, 10, 17])
@pytest.mark.parametrize("decay_to", ["zero", "init"])
def test_a_resumed_run_has_the_same_bytes_though_its_parent_is_gone(step: int, decay_to: str, parent: Path, tmp_path: Path) -> None:
    made = child(start={"load": ["body"], "freeze": ["embed"]}, optimizer__decay_to=decay_to)
    shutil.copytree(parent, tmp_path / "add")
    whole, broken = (begin(made, tmp_path / "add", tmp_path / name) for name in ("whole", "broken"))
    resume(whole)
    resume(broken, Interrupting(step))
    shutil.rmtree(tmp_path / "add")
    resume(broken)
    assert contents(broken.path) == contents(whole.path)
    assert len(Run(broken.path).snapshot(20).losses) == 49


def test_a_kill_before_the_first_state_loses_nothing(parent: Path, tmp_path: Path) -> None:
    made = child(start={"load": ["all"]})
    whole, broken = (begin(made, parent, tmp_path / name) for name in ("whole", "broken"))
    resume(whole)
    resume(broken, Interrupting(4))
    (broken.path / "state.safetensors").unlink()
    resume(broken)
    assert contents(broken.path) == contents(whole.path)


def test_the_lineage_goes_back_to_the_first(parent: Path, tmp_path: Path) -> None:
    """A finetuned run is a parent too."""
    resume(begin(child(start={"load": ["embed"]}), f"{parent}@10", tmp_path / "second"))
    third = begin(child(start={"load": ["all"]}), tmp_path / "second", tmp_path / "third")
    said = third.lineage
    assert said is not None
    assert (said["run"], said["step"]) == ("second", 20)
    assert said["weights"] == store.digest(store.weights_path(tmp_path / "second", 20).read_bytes())
    assert read(json.dumps(said["config"]), "lineage") == open_run(tmp_path / "second").config
    older = said["lineage"]
    assert (older["run"], older["step"], older["lineage"]) == ("add", 10, None)
    assert older["weights"] == store.digest(store.weights_path(parent, 10).read_bytes())
    assert third.config.start.model_dump() == {
        "parent": {"run": "second", "step": 20, "weights": said["weights"]},
        "load": ("all",),
        "freeze": (),
    }


def test_the_parent_s_name_is_that_of_the_mixture_where_it_is_a_task_of_one(tmp_path: Path) -> None:
    mixed = open_run(make_run(tmp_path / "mixed", task=Mixture(p=5)))
    assert Origin.of(str(by_task(mixed)["multiply"].path)).parent.run == "mixed/tasks/multiply"
    assert Origin.of(str(mixed.path)).parent.run == "mixed"


def test_tokens_that_the_parent_knows_and_never_saw_are_named(tmp_path: Path) -> None:
    """Rows a + b hold '+' and no '='; of a mixture all operators were trained, whichever task is asked."""
    wanted = config(task={"kind": "modular", "p": 5, "operation": "ab+b", "layout": "a = b"})
    added = Origin.of(str(make_run(tmp_path / "added", task=Modular(p=5, operation="add", layout="a op b"))))
    assert finetuning.untrained_tokens(wanted, added) == ["="]
    assert finetuning.untrained_tokens(wanted, Origin.of(str(make_run(tmp_path / "same", task=wanted.task)))) == []
    mixed = Origin.of(str(by_task(open_run(make_run(tmp_path / "mixed", task=Mixture(p=5))))["add"].path))
    products = config(task={"kind": "modular", "p": 5, "operation": "multiply", "layout": "a op b"})
    assert finetuning.untrained_tokens(products, mixed) == []
    assert finetuning.untrained_tokens(products, added) == ["*"]


def test_training_on_keeps_the_parent_s_answers_at_first(parent: Path, tmp_path: Path) -> None:
    """Everything loaded on the same rows: the first metrics are the parent's last."""
    made = config(model__seed=5, model__biases="all", start={"load": ["all"]}, training__steps=0)
    resume(begin(made, parent, tmp_path / "run"))
    columns = ["split", "loss", "accuracy"]
    assert Run(tmp_path / "run").metrics[columns].to_dict("list") == Run(parent).metrics.tail(2)[columns].to_dict("list")


def test_a_grown_vocabulary_loses_no_answer_to_the_old_classes(parent: Path, tmp_path: Path) -> None:
    made = config(task={"kind": "modular", "p": 7, "spare_tokens": 5}, model__seed=5, model__biases="all", start={"load": ["all"]})
    run = begin(made, parent, tmp_path / "run")
    assert torch.allclose(run.snapshot(0).logits, Run(parent).snapshot(20).logits, rtol=0, atol=1e-12)


@pytest.mark.parametrize("text", ["{parent}", "{parent}@20"])
def test_a_run_alone_means_its_last_checkpoint(text: str, parent: Path) -> None:
    assert Origin.of(text.format(parent=parent)).step == 20


def test_a_folder_may_have_an_at_in_its_name(parent: Path, tmp_path: Path) -> None:
    shutil.copytree(parent, tmp_path / "add@0")
    assert (Origin.of(str(tmp_path / "add@0")).step, Origin.of(f"{tmp_path}/add@0@10").step) == (20, 10)


@pytest.mark.parametrize(
    ("origin", "changed", "said"),
    [
        ("{parent}", {}, "--load: name the weights to take from the parent: embed, unembed, body or all"),
        ("{parent}@7", {"start": {"load": ["all"]}}, "has no checkpoint at step 7; the nearest is"),
        ("{parent}@last", {"start": {"load": ["all"]}}, "the step after @ is a whole number; leave @last away"),
        ("nowhere", {"start": {"load": ["all"]}}, "there is no nowhere; give the folder of a run"),
        ("{parent}", {"start": {"load": ["all"], "freeze": ["all"]}}, "start.freeze all leaves nothing to train; freeze less"),
        ("{parent}", {"start": {"load": ["all"], "freeze": ["embed", "unembed", "body"]}}, "leaves nothing to train; freeze less"),
        ("{parent}", {"start": {"load": ["embed"]}, "model__d_model": 8}, r"embed.W_E is \(8, 8\) here, with 7 numbers, and \(8, 16\)"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    origin: str, changed: dict[str, Any], said: str, parent: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        begin(child(**changed), origin.format(parent=parent), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_weights_from_another_run_need_that_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name it with: mechgrok finetune PRESET --from RUN"):
        begin_from_scratch(config(start={"load": ["embed"]}), tmp_path / "run")


def test_another_kind_of_network_is_frozen_by_the_same_groups(tmp_path: Path) -> None:
    made = config(model={"kind": "embedding-mlp", "d_emb": 8, "width": 8}, start={"freeze": ["body"]})
    resume(begin_from_scratch(made, tmp_path / "run"))
    run = open_run(tmp_path / "run")
    assert changed(run, list(weights(run.path, 0))) == ["embed.W_E", "unembed.W_U"]


def test_a_config_from_before_there_were_starts_is_one_from_scratch() -> None:
    values = json.loads(config().model_dump_json())
    del values["start"]
    assert read(json.dumps(values), "config.json") == config()
